using System.Runtime.InteropServices;
using Google.Protobuf;
using LtxEngine.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Benchmarks;

/// <summary>One operator of ONNX Runtime on fp32 matrices: what the same work takes there, on the same threads of the same machine.</summary>
internal sealed class OnnxPeer : IDisposable
{
    private const string Contrib = "com.microsoft";
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputNames;
    private readonly OrtValue[] _inputs;
    private readonly float[] _output;
    private readonly OrtValue[] _outputs;

    private OnnxPeer(GraphProto graph, int threads, (string Name, float[] Values, long[] Shape)[] inputs, long[] outputShape)
    {
        ModelProto model = new()
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Domain = string.Empty, Version = 17 }, new OperatorSetIdProto { Domain = Contrib, Version = 1 } },
        };
        foreach ((string name, _, long[] shape) in inputs)
        {
            graph.Input.Add(Describe(name, shape));
        }

        graph.Name = "peer";
        graph.Output.Add(Describe("output", outputShape));
        using SessionOptions options = new() { IntraOpNumThreads = threads, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(model.ToByteArray(), options);
        _inputNames = [.. inputs.Select(input => input.Name)];
        _inputs = [.. inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape))];
        _output = new float[outputShape.Aggregate(1L, (a, b) => a * b)];
        _outputs = [OrtValue.CreateTensorValueFromMemory(_output, outputShape)];
    }

    /// <summary>The result of the last run.</summary>
    public ReadOnlySpan<float> Output => _output;

    /// <summary>x·Wᵀ in fp32; the weight is given transposed, as ONNX wants it.</summary>
    public static OnnxPeer MatMul(float[] x, float[] weight, int rows, int inputs, int outputs, int threads)
    {
        float[] transposed = Transpose(weight, outputs, inputs);
        GraphProto graph = new()
        {
            Node = { new NodeProto { OpType = "MatMul", Input = { "x", "w" }, Output = { "output" } } },
            Initializer = { Tensor("w", TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes<float>(transposed), inputs, outputs) },
        };
        return new OnnxPeer(graph, threads, [("x", x, [rows, inputs])], [rows, outputs]);
    }

    /// <summary>x·Wᵀ with inputs rounded to bytes at run time and signed 8-bit weights of one factor per output.</summary>
    public static OnnxPeer DynamicQuantizeMatMul(float[] x, float[] weight, int rows, int inputs, int outputs, int threads)
    {
        float[] factors = new float[outputs];
        byte[] bytes = new byte[weight.Length];
        for (int output = 0; output < outputs; output++)
        {
            ReadOnlySpan<float> row = weight.AsSpan(output * inputs, inputs);
            foreach (float value in row)
            {
                factors[output] = Math.Max(factors[output], Math.Abs(value) / sbyte.MaxValue);
            }

            for (int i = 0; i < inputs; i++)
            {
                bytes[(i * outputs) + output] = unchecked((byte)(int)MathF.Round(row[i] / factors[output]));
            }
        }

        GraphProto graph = new()
        {
            Node = { new NodeProto { OpType = "DynamicQuantizeMatMul", Domain = Contrib, Input = { "x", "w", "factors" }, Output = { "output" } } },
            Initializer =
            {
                Tensor("w", TensorProto.Types.DataType.Int8, bytes, inputs, outputs),
                Tensor("factors", TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes<float>(factors), outputs),
            },
        };
        return new OnnxPeer(graph, threads, [("x", x, [rows, inputs])], [rows, outputs]);
    }

    /// <summary>softmax(q·kᵀ/√headDim)·v per head in fp32.</summary>
    public static OnnxPeer MultiHeadAttention(float[] query, float[] key, float[] value, int queries, int keys, int heads, int headDimension, int threads)
    {
        int width = heads * headDimension;
        GraphProto graph = new()
        {
            Node =
            {
                new NodeProto
                {
                    OpType = "MultiHeadAttention",
                    Domain = Contrib,
                    Input = { "query", "key", "value" },
                    Output = { "output" },
                    Attribute = { new AttributeProto { Name = "num_heads", Type = AttributeProto.Types.AttributeType.Int, I = heads } },
                },
            },
        };
        return new OnnxPeer(
            graph, threads, [("query", query, [1, queries, width]), ("key", key, [1, keys, width]), ("value", value, [1, keys, width])], [1, queries, width]);
    }

    /// <summary>Runs the operator once.</summary>
    public void Run() => _session.Run(_options, _inputNames, _inputs, ["output"], _outputs);

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        Array.ForEach(_inputs, input => input.Dispose());
        Array.ForEach(_outputs, output => output.Dispose());
    }

    private static ValueInfoProto Describe(string name, long[] shape)
    {
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)TensorProto.Types.DataType.Float, Shape = new TensorShapeProto() };
        foreach (long extent in shape)
        {
            tensor.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static TensorProto Tensor(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (long extent in shape)
        {
            tensor.Dims.Add(extent);
        }

        return tensor;
    }

    private static float[] Transpose(float[] values, int rows, int columns)
    {
        float[] result = new float[values.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                result[(c * rows) + r] = values[(r * columns) + c];
            }
        }

        return result;
    }
}
