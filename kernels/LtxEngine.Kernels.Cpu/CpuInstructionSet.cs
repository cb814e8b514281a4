namespace LtxEngine.Kernels.Cpu;

/// <summary>The register widths that kernels exist for.</summary>
internal enum CpuInstructionSet
{
    /// <summary>128-bit vectors of whatever the processor has: SSE, ARM AdvSimd; scalar code where it has none.</summary>
    Portable,

    /// <summary>AVX2 with fused multiply-add, 256-bit vectors.</summary>
    Avx2,

    /// <summary>AVX-512 F/BW/CD/DQ/VL, 512-bit vectors.</summary>
    Avx512,
}
