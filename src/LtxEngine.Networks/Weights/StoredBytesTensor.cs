using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>A tensor made at load time in a small type (bf16, fp8), in the form that devices take.</summary>
internal sealed class StoredBytesTensor(DataType dataType, TensorShape shape, byte[] bytes) : ITensorData
{
    /// <inheritdoc/>
    public DataType DataType => dataType;

    /// <inheritdoc/>
    public TensorShape Shape { get; } = shape;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes => bytes;
}
