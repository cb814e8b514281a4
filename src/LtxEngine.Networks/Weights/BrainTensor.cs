using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>A bf16 tensor made at load time, in the form that devices take.</summary>
internal sealed class BrainTensor(TensorShape shape, byte[] bytes) : ITensorData
{
    /// <inheritdoc/>
    public DataType DataType => DataType.BFloat16;

    /// <inheritdoc/>
    public TensorShape Shape { get; } = shape;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes => bytes;
}
