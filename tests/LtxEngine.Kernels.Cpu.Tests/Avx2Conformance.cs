using LtxEngine.Kernels.Tests.Conformance;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>The conformance suite on 256-bit vectors; on a processor without AVX2 on what it has.</summary>
public sealed class Avx2Conformance : ComputeDeviceConformance
{
    /// <inheritdoc/>
    internal override IComputeDevice CreateDevice(int threads) => new CpuComputeDevice(
        threads, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2) ? CpuInstructionSet.Avx2 : CpuInstructionSet.Portable);
}
