namespace LtxEngine.Kernels.Cpu.MachineCode;

/// <summary>What a micro-kernel that is assembled at run time multiplies.</summary>
internal enum MicroKernelKind
{
    /// <summary>fp32 rows and fp32 panels: VFMADD231PS.</summary>
    Singles,

    /// <summary>fp32 rows and panels of bf16 pairs, which are widened in registers: VFMADD231PS.</summary>
    WidenedPairs,

    /// <summary>bf16 rows and panels of bf16 pairs: VDPBF16PS, fp32 += two products. AVX-512 BF16.</summary>
    BrainPairs,

    /// <summary>Rows of unsigned and panels of signed bytes by fours: VPDPBUSD, int32 += four products. AVX-512 VNNI.</summary>
    ByteQuads,
}
