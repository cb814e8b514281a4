using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels.Cpu.MachineCode;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>How exactly the byte paths of this machine round weights, said once more than in the product itself.</summary>
internal static class BytePaths
{
    /// <summary>The greatest weight of the best path.</summary>
    public static int BestWeightLimit => AssembledMicroKernels.For(MicroKernelKind.ByteQuads) is null ? CompiledWeightLimit(CpuInstructionSets.Best) : 127;

    /// <summary>The greatest weight of a compiled path: sums of two products saturate at 16 bits, except with AVX-VNNI and widened weights.</summary>
    public static int CompiledWeightLimit(CpuInstructionSet instructionSet) => instructionSet switch
    {
        CpuInstructionSet.Avx512 => 64,
        CpuInstructionSet.Avx2 => AvxVnni.IsSupported ? 127 : 64,
        _ => 127,
    };
}
