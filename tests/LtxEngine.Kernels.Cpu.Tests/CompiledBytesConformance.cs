namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>Bytes on the best path without assembled code.</summary>
public sealed class CompiledBytesConformance : ProductPrecisionConformance
{
    private protected override bool RoundsToBytes => CpuInstructionSets.Best != CpuInstructionSet.Portable;

    private protected override int WeightLimit => BytePaths.CompiledWeightLimit(CpuInstructionSets.Best);

    internal override CpuComputeDevice Create(int threads) => new(threads, null, ComputePrecision.Int8, allowsMachineCode: false);
}
