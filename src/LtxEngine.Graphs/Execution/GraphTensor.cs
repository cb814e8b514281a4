using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace LtxEngine.Graphs.Execution;

/// <summary>
/// A tensor handed to a graph without copying it: an fp32 tensor, whole numbers, truth values, or a checkpoint tensor read in place.
/// </summary>
internal sealed class GraphTensor
{
    private readonly Func<long[], OrtValue> _bind;

    private GraphTensor(DataType dataType, TensorShape shape, Func<long[], OrtValue> bind)
    {
        DataType = dataType;
        Shape = shape;
        _bind = bind;
    }

    /// <summary>The element type.</summary>
    public DataType DataType { get; }

    /// <summary>The shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>An fp32 tensor.</summary>
    public static implicit operator GraphTensor(HostTensor tensor) => From(tensor.Data, tensor.Shape);

    /// <summary>A checkpoint tensor in its stored type, read in place; its file must stay open during the run.</summary>
    public static implicit operator GraphTensor(StoredTensor tensor) => From(tensor);

    /// <summary>fp32 values.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public static GraphTensor From(Memory<float> values, TensorShape shape) => FromMemory(DataType.Float32, values, shape);

    /// <summary>Whole numbers.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public static GraphTensor From(Memory<long> values, TensorShape shape) => FromMemory(DataType.Int64, values, shape);

    /// <summary>Truth values.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public static GraphTensor From(Memory<bool> values, TensorShape shape) => FromMemory(DataType.Boolean, values, shape);

    /// <summary>A checkpoint tensor in its stored type, read in place; its file must stay open during the run.</summary>
    public static GraphTensor From(StoredTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new GraphTensor(tensor.DataType, tensor.Shape, dimensions => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            (TensorElementType)(int)tensor.DataType.ToOnnx(),
            dimensions,
            UnmanagedAddress.Of(tensor.Bytes),
            tensor.ByteLength));
    }

    /// <summary>fp32 values in native memory, read in place; the buffer must live during the run.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="start">The first value.</param>
    /// <param name="shape">The shape, at most 2³¹−1 bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the buffer.</exception>
    public static GraphTensor From(NativeBuffer buffer, long start, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        long byteLength = checked(shape.ElementCount * sizeof(float));
        return new GraphTensor(DataType.Float32, shape, dimensions => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            TensorElementType.Float,
            dimensions,
            UnmanagedAddress.Of(buffer.AsSpan<byte>(start * sizeof(float), checked((int)byteLength))),
            byteLength));
    }

    internal OrtValue Bind() => _bind([.. Shape.Dimensions]);

    private static GraphTensor FromMemory<T>(DataType dataType, Memory<T> values, TensorShape shape)
        where T : unmanaged
    {
        if (values.Length != shape.ElementCount)
        {
            throw new ArgumentException($"Shape {shape} has {shape.ElementCount} elements, {values.Length} were given.", nameof(shape));
        }

        return new GraphTensor(dataType, shape, dimensions => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values, dimensions));
    }
}
