using LtxEngine.Kernels.Cpu.MachineCode;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>Bytes on the best path of this machine and process.</summary>
public sealed class BytesConformance : ProductPrecisionConformance
{
    private protected override bool RoundsToBytes => CpuInstructionSets.Best != CpuInstructionSet.Portable;

    private protected override bool RoundsFloats => AssembledMicroKernels.For(MicroKernelKind.BrainPairs) is not null;

    private protected override int WeightLimit => BytePaths.BestWeightLimit;

    internal override CpuComputeDevice Create(int threads) => new(threads, null, ComputePrecision.Int8);
}
