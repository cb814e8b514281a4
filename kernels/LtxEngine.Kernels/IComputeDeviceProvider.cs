namespace LtxEngine.Kernels;

/// <summary>Finds the devices of one kind on this machine. The CPU is always there; other kinds when their assembly is.</summary>
internal interface IComputeDeviceProvider
{
    /// <summary>The kind, as people write it: <c>cpu</c>, <c>cuda</c>.</summary>
    string Kind { get; }

    /// <summary>Tells what is there without starting it.</summary>
    IReadOnlyList<ComputeDeviceDescription> Describe();

    /// <summary>Starts a device.</summary>
    /// <param name="index">Index into <see cref="Describe"/>.</param>
    /// <param name="threads">Number of threads for a CPU, 0 for the device's default.</param>
    /// <param name="precision">In which numbers it multiplies.</param>
    IComputeDevice Create(int index, int threads, ComputePrecision precision);
}
