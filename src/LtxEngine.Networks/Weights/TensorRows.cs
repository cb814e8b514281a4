using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>Some entries along the slowest axis of a stored tensor, without a copy.</summary>
internal sealed class TensorRows : ITensorData
{
    private readonly ITensorData _whole;
    private readonly int _byteOffset;
    private readonly int _byteLength;

    /// <summary>Creates the view.</summary>
    /// <param name="whole">The tensor.</param>
    /// <param name="first">First entry of axis 0.</param>
    /// <param name="count">Number of entries.</param>
    public TensorRows(ITensorData whole, int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, whole.Shape[0], nameof(count));
        _whole = whole;
        long[] dimensions = [.. whole.Shape.Dimensions];
        dimensions[0] = count;
        Shape = new TensorShape(dimensions);
        long rowBytes = whole.Shape.ElementCount / whole.Shape[0] * whole.DataType.SizeInBytes();
        _byteOffset = checked((int)(first * rowBytes));
        _byteLength = checked((int)(count * rowBytes));
    }

    /// <inheritdoc/>
    public DataType DataType => _whole.DataType;

    /// <inheritdoc/>
    public TensorShape Shape { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes => _whole.Bytes.Slice(_byteOffset, _byteLength);
}
