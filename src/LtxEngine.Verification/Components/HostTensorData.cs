using System.Runtime.InteropServices;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>An input of a case in the form of a stored tensor.</summary>
/// <param name="tensor">The input.</param>
internal sealed class HostTensorData(HostTensor tensor) : ITensorData
{
    /// <summary>The values.</summary>
    public HostTensor Tensor { get; } = tensor;

    /// <inheritdoc/>
    public DataType DataType => DataType.Float32;

    /// <inheritdoc/>
    public TensorShape Shape => Tensor.Shape;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Tensor.Data.AsSpan());
}
