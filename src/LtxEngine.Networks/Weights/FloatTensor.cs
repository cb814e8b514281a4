using System.Runtime.InteropServices;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>An fp32 tensor made at load time (dequantised, or changed by a LoRA) in the form that devices take.</summary>
internal sealed class FloatTensor(TensorShape shape, float[] values) : ITensorData
{
    /// <inheritdoc/>
    public DataType DataType => DataType.Float32;

    /// <inheritdoc/>
    public TensorShape Shape { get; } = shape;

    /// <summary>The values, row-major.</summary>
    public float[] Values { get; } = values;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Values.AsSpan());
}
