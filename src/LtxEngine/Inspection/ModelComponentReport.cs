namespace LtxEngine;

/// <summary>One network of a model.</summary>
/// <param name="Name">The network.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="StoredBytes">Bytes in the file.</param>
/// <param name="MemoryBytes">Estimated memory of the weights while the network runs on the processor; working memory comes on top.</param>
/// <param name="Details">Its structure, one fact each.</param>
public sealed record ModelComponentReport(string Name, long Parameters, long StoredBytes, long MemoryBytes, IReadOnlyList<string> Details);
