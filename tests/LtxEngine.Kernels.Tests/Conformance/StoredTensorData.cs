using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>A weight in memory, stored as any float type, with the values that it really holds after rounding to that type.</summary>
internal sealed class StoredTensorData : ITensorData
{
    private readonly byte[] _bytes;

    /// <summary>Rounds values to a type.</summary>
    public StoredTensorData(DataType dataType, float[] values, params ReadOnlySpan<long> shape)
    {
        DataType = dataType;
        Shape = new TensorShape(shape);
        _bytes = new byte[values.Length * dataType.SizeInBytes()];
        TensorConversion.FromFloat32(values, dataType, _bytes);
        Values = new float[values.Length];
        TensorConversion.ToFloat32(dataType, _bytes, Values);
    }

    public DataType DataType { get; }

    public TensorShape Shape { get; }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The stored values as fp32.</summary>
    public float[] Values { get; }
}
