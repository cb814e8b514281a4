using LtxEngine.Kernels.Tests.Conformance;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>The conformance suite on 128-bit vectors.</summary>
public sealed class PortableConformance : ComputeDeviceConformance
{
    /// <inheritdoc/>
    internal override IComputeDevice CreateDevice(int threads) => new CpuComputeDevice(threads, CpuInstructionSet.Portable);
}
