using LtxEngine.Kernels.Cpu.MachineCode;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>bf16 on the best path of this machine and process: assembled where the processor has AVX-512 BF16, else the fp32 path.</summary>
public sealed class BrainConformance : ProductPrecisionConformance
{
    private static bool IsAssembled => AssembledMicroKernels.For(MicroKernelKind.BrainPairs) is not null;

    private protected override bool RoundsToBrain => IsAssembled;

    internal override CpuComputeDevice Create(int threads) => new(threads, null, ComputePrecision.BrainFloat);
}
