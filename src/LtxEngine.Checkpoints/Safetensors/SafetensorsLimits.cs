namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>What a header may ask for. A hostile file must not make the reader allocate or work more than a genuine one.</summary>
internal static class SafetensorsLimits
{
    /// <summary>Bytes of a header: the limit of the format's own reference reader.</summary>
    public const long HeaderBytes = 100_000_000;

    /// <summary>Tensors of a file (LTX-2 19B has 4,049).</summary>
    public const int Entries = 100_000;

    /// <summary>Entries of <c>__metadata__</c>.</summary>
    public const int MetadataEntries = 10_000;

    /// <summary>Bytes of one value of <c>__metadata__</c>.</summary>
    public const int MetadataValueBytes = 16 << 20;

    /// <summary>Bytes of a tensor's name or a metadata key.</summary>
    public const int NameBytes = 4096;

    /// <summary>Dimensions of a tensor.</summary>
    public const int Rank = 32;

    /// <summary>Nested objects and lists.</summary>
    public const int Depth = 32;
}
