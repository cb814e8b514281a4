namespace LtxEngine.Kernels.Cpu;

/// <summary>Provides the processor of this machine as a compute device; there is exactly one.</summary>
internal sealed class CpuDeviceProvider : IComputeDeviceProvider
{
    /// <inheritdoc/>
    public string Kind => "cpu";

    /// <inheritdoc/>
    public IReadOnlyList<ComputeDeviceDescription> Describe()
    {
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string instructionSet = CpuInstructionSets.Describe(CpuInstructionSets.Best);
        return
        [
            new ComputeDeviceDescription(
                "CPU",
                [
                    $"instruction set: {instructionSet} (the widest that the runtime reports)",
                    $"threads: {Environment.ProcessorCount} (one per processor available to this process)",
                    $"memory: {memory / (1024.0 * 1024 * 1024):F1} GiB",
                ],
                memory),
        ];
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device, or the number of threads is negative or above 1024.</exception>
    public IComputeDevice Create(int index, int threads, ComputePrecision precision)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(index, 0);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, CpuComputeDevice.MaximumThreads);
        return new CpuComputeDevice(threads == 0 ? Environment.ProcessorCount : threads, precision: precision);
    }
}
