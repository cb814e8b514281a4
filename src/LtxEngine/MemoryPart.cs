namespace LtxEngine;

/// <summary>One term of a sum of memory.</summary>
/// <param name="Name">What it is for, for people.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record MemoryPart(string Name, long Bytes);
