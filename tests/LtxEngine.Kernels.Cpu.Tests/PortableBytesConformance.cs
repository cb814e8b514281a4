namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>8-bit weights that are widened, without an instruction for sums of bytes.</summary>
public sealed class PortableBytesConformance : ProductPrecisionConformance
{
    private protected override int WeightLimit => 127;

    internal override CpuComputeDevice Create(int threads) => new(threads, CpuInstructionSet.Portable, ComputePrecision.Int8);
}
