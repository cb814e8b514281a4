namespace LtxEngine.Kernels;

/// <summary>What a provider found.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Details">What would be used and why (instruction sets, memory), one fact per line.</param>
/// <param name="MemoryBytes">Memory of the device, 0 when unknown.</param>
internal sealed record ComputeDeviceDescription(string Name, IReadOnlyList<string> Details, long MemoryBytes);
