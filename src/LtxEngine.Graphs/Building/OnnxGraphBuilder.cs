using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Onnx;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>
/// Builds one ONNX graph. Weights stay where they are: an initializer refers to its bytes in the checkpoint file
/// and is cast to <see cref="ComputeType"/> inside the graph, so the graph itself is small and no weight is copied on disk.
/// Not thread-safe; a builder makes one graph.
/// </summary>
/// <remarks>
/// Names: a weight has its checkpoint key; a node has the path of the open scopes (<see cref="Scope"/>), its operation and a running number.
/// Element types are checked while building; shapes are checked by ONNX Runtime when the graph is loaded.
/// </remarks>
internal sealed partial class OnnxGraphBuilder
{
    /// <summary>The version of the standard operator set that graphs are written in.</summary>
    public const int OperatorSetVersion = 21;

    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string ContribDomain = "com.microsoft";

    private const int IntermediateRepresentationVersion = 10;

    private readonly GraphProto _graph = new();
    private readonly List<GraphPort> _inputs = [];
    private readonly List<GraphPort> _outputs = [];
    private readonly Dictionary<string, GraphValue> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphValue> _constants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Stack<string> _scopes = new();
    private readonly IReadOnlySet<string> _taps;
    private string? _weightsFolder;
    private bool _usesContribDomain;
    private bool _built;
    private int _counter;

    /// <summary>Starts a graph.</summary>
    /// <param name="name">The name shown by viewers, such as <c>video_vae_decoder</c>; also the exported file's name.</param>
    /// <param name="computeType">The type that weights are cast to and products run in: fp32, or fp16/bf16 for providers that have those kernels.</param>
    /// <param name="taps">Names of intermediate tensors to mark as outputs (see <see cref="Tap(string, GraphValue, ReadOnlySpan{GraphDimension})"/>).</param>
    public OnnxGraphBuilder(string name, DataType computeType = DataType.Float32, IReadOnlySet<string>? taps = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (computeType is not (DataType.Float32 or DataType.Float16 or DataType.BFloat16))
        {
            throw new ArgumentOutOfRangeException(nameof(computeType), computeType, "A graph computes in Float32, Float16 or BFloat16.");
        }

        _graph.Name = name;
        ComputeType = computeType;
        _taps = taps ?? ImmutableHashSet<string>.Empty;
    }

    /// <summary>The type that weights are cast to and products run in.</summary>
    public DataType ComputeType { get; }

    /// <summary>Opens a part of the name path, such as <c>up_blocks.0</c>; dispose it to close.</summary>
    public GraphScope Scope(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _scopes.Push(_scopes.Count == 0 ? name : $"{_scopes.Peek()}.{name}");
        return new GraphScope(this);
    }

    /// <summary>Declares an input.</summary>
    public GraphValue Input(string name, DataType dataType, params ReadOnlySpan<GraphDimension> dimensions)
    {
        Claim(name);
        GraphPort port = new(name, dataType, [.. dimensions]);
        _inputs.Add(port);
        _graph.Input.Add(Describe(port));
        return new GraphValue(name, dataType);
    }

    /// <summary>Declares an output.</summary>
    /// <param name="name">The output's name.</param>
    /// <param name="value">The tensor to hand out.</param>
    /// <param name="dimensions">Its extents, for readers of the graph and for checks.</param>
    public void Output(string name, GraphValue value, params ReadOnlySpan<GraphDimension> dimensions)
    {
        Claim(name);
        _graph.Node.Add(new NodeProto { Name = $"{name}/Identity", OpType = "Identity", Input = { Named(value) }, Output = { name } });
        GraphPort port = new(name, value.DataType, [.. dimensions]);
        _outputs.Add(port);
        _graph.Output.Add(Describe(port));
    }

    /// <summary>
    /// Offers an intermediate tensor under a name. It becomes an output when the name was asked for at construction; otherwise nothing happens.
    /// </summary>
    public void Tap(string name, GraphValue value, params ReadOnlySpan<GraphDimension> dimensions)
    {
        if (_taps.Contains(name))
        {
            Output(name, value, dimensions);
        }
    }

    /// <summary>Whether a tap of this name was asked for; lets a builder skip nodes that only a tap needs.</summary>
    public bool WantsTap(string name) => _taps.Contains(name);

    /// <summary>
    /// A checkpoint tensor as a weight of the graph, cast to <see cref="ComputeType"/> where it is stored in another type.
    /// Asking for the same tensor again gives the same value.
    /// </summary>
    /// <param name="tensor">The stored tensor. All weights of one graph lie in files of one folder.</param>
    public GraphValue Weight(StoredTensor tensor) => Weight(tensor, ComputeType);

    /// <summary>A checkpoint tensor as a weight of the graph, cast to a type of choice.</summary>
    /// <param name="tensor">The stored tensor. All weights of one graph lie in files of one folder.</param>
    /// <param name="dataType">The type to cast to; the stored type for no cast.</param>
    public GraphValue Weight(StoredTensor tensor, DataType dataType)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        GraphValue stored = StoredWeight(tensor);
        return stored.DataType == dataType ? stored : CastWeight(stored, dataType);
    }

    /// <summary>A float constant held in the graph itself, of type <see cref="ComputeType"/>.</summary>
    /// <param name="values">The values, row-major.</param>
    /// <param name="dimensions">The extents.</param>
    public GraphValue Constant(ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions) => Constant(ComputeType, values, dimensions);

    /// <summary>A float constant held in the graph itself.</summary>
    public GraphValue Constant(DataType dataType, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
    {
        GraphValue constant = InlineConstant(DataType.Float32, MemoryMarshal.AsBytes(values), dimensions);
        return dataType == DataType.Float32 ? constant : Cast(constant, dataType);
    }

    /// <summary>A scalar of type <see cref="ComputeType"/>.</summary>
    public GraphValue Scalar(float value) => Constant([value]);

    /// <summary>A list of int64 numbers: axes, extents, indices.</summary>
    public GraphValue Integers(params ReadOnlySpan<long> values) => InlineConstant(DataType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);

    /// <summary>An int64 scalar.</summary>
    public GraphValue Integer(long value) => InlineConstant(DataType.Int64, MemoryMarshal.AsBytes([value]), []);

    /// <summary>Adds a node with one result. The typed methods below are built on this; use it for operations that they do not have.</summary>
    /// <param name="operation">The operator's name.</param>
    /// <param name="inputs">Its operands; <see cref="GraphValue.None"/> for those left out.</param>
    /// <param name="resultType">The element type of its result.</param>
    /// <param name="attributes">Its settings.</param>
    public GraphValue Node(string operation, ReadOnlySpan<GraphValue> inputs, DataType resultType, params ReadOnlySpan<GraphAttribute> attributes) =>
        AddNode(string.Empty, operation, inputs, 1, resultType, attributes)[0];

    /// <summary>Adds a node with several results of one type.</summary>
    public GraphValue[] Nodes(string operation, ReadOnlySpan<GraphValue> inputs, int resultCount, DataType resultType, params ReadOnlySpan<GraphAttribute> attributes) =>
        AddNode(string.Empty, operation, inputs, resultCount, resultType, attributes);

    /// <summary>Adds a node of ONNX Runtime's own domain <c>com.microsoft</c>; other runtimes cannot load such a graph.</summary>
    public GraphValue ContribNode(string operation, ReadOnlySpan<GraphValue> inputs, DataType resultType, params ReadOnlySpan<GraphAttribute> attributes)
    {
        _usesContribDomain = true;
        return AddNode(ContribDomain, operation, inputs, 1, resultType, attributes)[0];
    }

    /// <summary>Finishes the graph.</summary>
    /// <exception cref="InvalidOperationException">A requested tap was never offered, or the graph has no output.</exception>
    public OnnxGraph Build()
    {
        if (_built)
        {
            throw new InvalidOperationException("This builder has already made its graph.");
        }

        string[] missing = [.. _taps.Where(tap => !_outputs.Exists(o => string.Equals(o.Name, tap, StringComparison.Ordinal)))];
        if (missing.Length > 0)
        {
            throw new InvalidOperationException($"The graph {_graph.Name} has no intermediate tensor {string.Join(", ", missing)}.");
        }

        if (_outputs.Count == 0)
        {
            throw new InvalidOperationException($"The graph {_graph.Name} has no output.");
        }

        _built = true;
        ModelProto model = new()
        {
            IrVersion = IntermediateRepresentationVersion,
            ProducerName = "LtxEngine",
            Graph = _graph,
            OpsetImport = { new OperatorSetIdProto { Domain = string.Empty, Version = OperatorSetVersion } },
        };
        if (_usesContribDomain)
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = ContribDomain, Version = 1 });
        }

        return new OnnxGraph(_graph.Name, model.ToByteArray(), _weightsFolder, [.. _inputs], [.. _outputs]);
    }

    internal void CloseScope() => _scopes.Pop();

    private static ValueInfoProto Describe(GraphPort port)
    {
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)port.DataType.ToOnnx(), Shape = new TensorShapeProto() };
        foreach (GraphDimension dimension in port.Dimensions)
        {
            tensor.Shape.Dim.Add(dimension.Size is long size
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = dimension.Symbol });
        }

        return new ValueInfoProto { Name = port.Name, Type = new TypeProto { TensorType = tensor } };
    }

    private static string Named(GraphValue value) =>
        value.Exists ? value.Name : throw new ArgumentException("A required operand is missing.", nameof(value));

    private GraphValue StoredWeight(StoredTensor tensor)
    {
        if (_weights.TryGetValue(tensor.Name, out GraphValue known))
        {
            return known;
        }

        Claim(tensor.Name);
        string folder = Path.GetDirectoryName(tensor.FilePath)!;
        _weightsFolder ??= folder;
        if (!string.Equals(folder, _weightsFolder, StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                $"The weights of one graph must lie in one folder: {tensor.Name} is in {folder}, others are in {_weightsFolder}.");
        }

        TensorProto proto = new()
        {
            Name = tensor.Name,
            DataType = (int)tensor.DataType.ToOnnx(),
            DataLocation = TensorProto.Types.DataLocation.External,
            ExternalData =
            {
                new StringStringEntryProto { Key = "location", Value = Path.GetFileName(tensor.FilePath) },
                new StringStringEntryProto { Key = "offset", Value = tensor.FileOffset.ToString() },
                new StringStringEntryProto { Key = "length", Value = tensor.ByteLength.ToString() },
            },
        };
        proto.Dims.AddRange(tensor.Shape.Dimensions);
        _graph.Initializer.Add(proto);
        GraphValue value = new(tensor.Name, tensor.DataType);
        _weights.Add(tensor.Name, value);
        return value;
    }

    private GraphValue CastWeight(GraphValue stored, DataType dataType)
    {
        string name = $"{stored.Name}/{dataType}";
        if (_weights.TryGetValue(name, out GraphValue known))
        {
            return known;
        }

        Claim(name);
        _graph.Node.Add(new NodeProto
        {
            Name = $"{name}/Cast",
            OpType = "Cast",
            Input = { stored.Name },
            Output = { name },
            Attribute = { GraphAttribute.ElementType("to", dataType).Proto },
        });
        GraphValue value = new(name, dataType);
        _weights.Add(name, value);
        return value;
    }

    private GraphValue InlineConstant(DataType dataType, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> dimensions)
    {
        TensorShape shape = new(dimensions);
        if (shape.ElementCount * dataType.SizeInBytes() != bytes.Length)
        {
            throw new ArgumentException($"A constant of shape {shape} has {shape.ElementCount} elements, {bytes.Length} bytes were given.", nameof(dimensions));
        }

        string key = $"{dataType}{shape}{Convert.ToHexString(bytes)}";
        if (_constants.TryGetValue(key, out GraphValue known))
        {
            return known;
        }

        string name = $"constant_{_constants.Count}";
        Claim(name);
        TensorProto proto = new() { Name = name, DataType = (int)dataType.ToOnnx(), RawData = ByteString.CopyFrom(bytes) };
        proto.Dims.AddRange(shape.Dimensions);
        _graph.Initializer.Add(proto);
        GraphValue value = new(name, dataType);
        _constants.Add(key, value);
        return value;
    }

    private GraphValue[] AddNode(string domain, string operation, ReadOnlySpan<GraphValue> inputs, int resultCount, DataType resultType, ReadOnlySpan<GraphAttribute> attributes)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        ArgumentOutOfRangeException.ThrowIfLessThan(resultCount, 1);
        string path = _scopes.Count == 0 ? operation : $"{_scopes.Peek()}/{operation}";
        string name = $"{path}_{_counter++}";
        NodeProto node = new() { Name = name, OpType = operation, Domain = domain };
        int last = inputs.Length;
        while (last > 0 && !inputs[last - 1].Exists)
        {
            last--;
        }

        for (int i = 0; i < last; i++)
        {
            node.Input.Add(inputs[i].Name ?? string.Empty);
        }

        GraphValue[] results = new GraphValue[resultCount];
        for (int i = 0; i < resultCount; i++)
        {
            string result = resultCount == 1 ? name : $"{name}:{i}";
            Claim(result);
            node.Output.Add(result);
            results[i] = new GraphValue(result, resultType);
        }

        foreach (GraphAttribute attribute in attributes)
        {
            node.Attribute.Add(attribute.Proto);
        }

        _graph.Node.Add(node);
        return results;
    }

    private void Claim(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_names.Add(name))
        {
            throw new InvalidOperationException($"The graph {_graph.Name} already has a tensor {name}.");
        }
    }
}
