using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>A weight of values in (−1, 1).</summary>
internal sealed class BenchmarkTensor : ITensorData
{
    private readonly byte[] _bytes;

    public BenchmarkTensor(DataType dataType, params long[] shape)
    {
        DataType = dataType;
        Shape = new TensorShape(shape);
        _bytes = new byte[Shape.ElementCount * dataType.SizeInBytes()];
        TensorConversion.FromFloat32(BenchmarkValues.Uniform(Shape.ElementCount, 1), DataType, _bytes);
    }

    public DataType DataType { get; }

    public TensorShape Shape { get; }

    public ReadOnlySpan<byte> Bytes => _bytes;
}
