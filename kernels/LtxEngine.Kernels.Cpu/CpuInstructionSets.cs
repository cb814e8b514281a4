using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// What the processor offers, as the runtime sees it: its switches (<c>DOTNET_EnableAVX512=0</c>, <c>DOTNET_EnableAVX2=0</c>,
/// <c>DOTNET_EnableHWIntrinsic=0</c>) are honoured.
/// </summary>
internal static class CpuInstructionSets
{
    /// <summary>The widest set that can be used.</summary>
    public static CpuInstructionSet Best =>
        IsSupported(CpuInstructionSet.Avx512) ? CpuInstructionSet.Avx512
        : IsSupported(CpuInstructionSet.Avx2) ? CpuInstructionSet.Avx2
        : CpuInstructionSet.Portable;

    /// <summary>Whether a set can be used.</summary>
    public static bool IsSupported(CpuInstructionSet instructionSet) => instructionSet switch
    {
        // The runtime reports 512-bit vectors as not accelerated where using them would slow the processor down.
        CpuInstructionSet.Avx512 => Vector512.IsHardwareAccelerated && Avx512F.IsSupported,
        CpuInstructionSet.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>A name for people.</summary>
    public static string Describe(CpuInstructionSet instructionSet) => instructionSet switch
    {
        CpuInstructionSet.Avx512 => "AVX-512",
        CpuInstructionSet.Avx2 => "AVX2",
        _ when System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported => "AdvSimd",
        _ when Vector128.IsHardwareAccelerated => "128-bit vectors",
        _ => "no vectors",
    };
}
