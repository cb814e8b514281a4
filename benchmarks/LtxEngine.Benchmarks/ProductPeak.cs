namespace LtxEngine.Benchmarks;

/// <summary>What a product can at best reach.</summary>
internal enum ProductPeak
{
    /// <summary>No peak of ours.</summary>
    None,

    /// <summary>fp32 fused multiply-adds, 512 bits.</summary>
    Multiply512,

    /// <summary>fp32 fused multiply-adds, 256 bits.</summary>
    Multiply256,

    /// <summary>VDPBF16PS.</summary>
    BrainDot,

    /// <summary>VPDPBUSD.</summary>
    ByteDot,

    /// <summary>VPMADDUBSW, VPMADDWD, VPADDD, 512 bits.</summary>
    Bytes512,

    /// <summary>The same, 256 bits.</summary>
    Bytes256,

    /// <summary>VPDPBUSD of AVX-VNNI, 256 bits.</summary>
    ByteDot256,

    /// <summary>Bytes read from memory.</summary>
    Memory,
}
