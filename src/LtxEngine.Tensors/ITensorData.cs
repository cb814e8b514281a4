namespace LtxEngine.Tensors;

/// <summary>
/// A stored tensor that can be looked at without copying it: one entry of a memory-mapped checkpoint, or a buffer made at run time.
/// One tensor's bytes fit a span (the largest of LTX-2 19B has 1.45 GB).
/// </summary>
internal interface ITensorData
{
    /// <summary>The stored element type.</summary>
    DataType DataType { get; }

    /// <summary>The shape.</summary>
    TensorShape Shape { get; }

    /// <summary>The raw little-endian bytes, row-major. Valid as long as the owner of the memory lives.</summary>
    ReadOnlySpan<byte> Bytes { get; }
}
