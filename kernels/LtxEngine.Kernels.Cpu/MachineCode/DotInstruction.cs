namespace LtxEngine.Kernels.Cpu.MachineCode;

/// <summary>Instructions that add several products at once and that the runtime has no functions for.</summary>
internal enum DotInstruction
{
    /// <summary>VDPBF16PS: fp32 += two products of bf16. AVX-512 BF16.</summary>
    BrainPairs,

    /// <summary>VPDPBUSD: int32 += four products of an unsigned with a signed byte. AVX-512 VNNI.</summary>
    ByteQuads,
}
