namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>Bytes with AVX2, or AVX-VNNI where the processor has it; the portable path where it has neither.</summary>
public sealed class Avx2BytesConformance : ProductPrecisionConformance
{
    private static CpuInstructionSet Set => CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2) ? CpuInstructionSet.Avx2 : CpuInstructionSet.Portable;

    private protected override bool RoundsToBytes => Set == CpuInstructionSet.Avx2;

    private protected override int WeightLimit => BytePaths.CompiledWeightLimit(Set);

    internal override CpuComputeDevice Create(int threads) => new(threads, Set, ComputePrecision.Int8);
}
