using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Block 0 of a transformer as an ONNX graph, with what the engine prepares beforehand as inputs: keys and values of the text, modulation
/// vectors, cosines and sines. Attention is ONNX Runtime's own MultiHeadAttention; weights are fp32 constants, which it packs at loading.
/// </summary>
internal sealed class TransformerBlockGraph
{
    private const string Block = TransformerConfiguration.Prefix + "transformer_blocks.0.";

    private readonly ITensorCollection _checkpoint;
    private readonly TransformerStructure _structure;
    private readonly OnnxGraphBuilder _graph = new("transformer_block");
    private readonly Dictionary<string, GraphTensor> _inputs = new(StringComparer.Ordinal);
    private readonly int _videoTokens;
    private readonly int _audioTokens;
    private readonly int _textRows;

    public TransformerBlockGraph(ITensorCollection checkpoint, TransformerStructure structure, int videoTokens, int audioTokens, int textRows)
    {
        _checkpoint = checkpoint;
        _structure = structure;
        _videoTokens = videoTokens;
        _audioTokens = audioTokens;
        _textRows = textRows;
    }

    /// <summary>The inputs after <see cref="Build"/>: zeros until <see cref="Set"/>.</summary>
    public IReadOnlyDictionary<string, GraphTensor> Inputs => _inputs;

    /// <summary>Gives an input its values.</summary>
    public void Set(string input, float[] values) => _inputs[input] = GraphTensor.From(values, _inputs[input].Shape);

    /// <summary>Builds the graph.</summary>
    public OnnxGraph Build()
    {
        Stream video = Open("video", string.Empty, _structure.Video, _videoTokens);
        Stream audio = Open("audio", "audio_", _structure.Audio!, _audioTokens);
        SelfAndText(video);
        SelfAndText(audio);

        // All queries, keys and values are taken before either stream is updated.
        int inner = _structure.CrossWidth;
        GraphValue toVideo = Across("audio_to_video_attn", video, audio, inner, ModulationVector.AudioToVideoScale, ModulationVector.AudioToVideoShift);
        GraphValue toAudio = Across("video_to_audio_attn", audio, video, inner, ModulationVector.VideoToAudioScale, ModulationVector.VideoToAudioShift);
        video.Value = AddGated(video, toVideo, ModulationVector.CrossGate);
        audio.Value = AddGated(audio, toAudio, ModulationVector.CrossGate);
        FeedForward(video);
        FeedForward(audio);
        _graph.Output("video_out", video.Value, _videoTokens, _structure.Video.Width);
        _graph.Output("audio_out", audio.Value, _audioTokens, _structure.Audio!.Width);
        return _graph.Build();
    }

    private Stream Open(string name, string prefix, StreamStructure structure, int tokens) => new()
    {
        Prefix = Block + prefix,
        Structure = structure,
        Tokens = tokens,
        Value = Input(name, tokens, structure.Width),
        Modulation = Input(name + "_modulation", 11, structure.Width),
        TextKeys = Input(name + "_text_keys", _textRows, structure.Width),
        TextValues = Input(name + "_text_values", _textRows, structure.Width),
        Cosines = Input(name + "_cosines", tokens, structure.Width / 2),
        Sines = Input(name + "_sines", tokens, structure.Width / 2),
        CrossCosines = Input(name + "_cross_cosines", tokens, _structure.CrossWidth / 2),
        CrossSines = Input(name + "_cross_sines", tokens, _structure.CrossWidth / 2),
    };

    private void SelfAndText(Stream stream)
    {
        int heads = stream.Structure.Heads;
        GraphValue x = Modulated(stream, ModulationVector.SelfScale, ModulationVector.SelfShift);
        string self = stream.Prefix + "attn1";
        GraphValue query = Rotated(Normed(Linear(x, self + ".to_q"), self + ".q_norm"), stream.Cosines, stream.Sines, heads, stream.Structure.Width, stream.Tokens);
        GraphValue key = Rotated(Normed(Linear(x, self + ".to_k"), self + ".k_norm"), stream.Cosines, stream.Sines, heads, stream.Structure.Width, stream.Tokens);
        GraphValue attended = Attention(query, key, Linear(x, self + ".to_v"), heads, stream.Structure.Width);
        stream.Value = AddGated(stream, Linear(attended, self + ".to_out.0"), ModulationVector.SelfGate);

        string text = stream.Prefix + "attn2";
        GraphValue textQuery = Normed(Linear(_graph.RmsNormalize(stream.Value, 1, _structure.Epsilon), text + ".to_q"), text + ".q_norm");
        stream.Value = _graph.Add(stream.Value, Linear(Attention(textQuery, stream.TextKeys, stream.TextValues, heads, stream.Structure.Width), text + ".to_out.0"));
    }

    private GraphValue Across(string name, Stream to, Stream from, int inner, ModulationVector scale, ModulationVector shift)
    {
        int heads = _structure.CrossHeads;
        string layer = Block + name;
        GraphValue source = Modulated(from, scale, shift);
        GraphValue query = Rotated(Normed(Linear(Modulated(to, scale, shift), layer + ".to_q"), layer + ".q_norm"), to.CrossCosines, to.CrossSines, heads, inner, to.Tokens);
        GraphValue key = Rotated(Normed(Linear(source, layer + ".to_k"), layer + ".k_norm"), from.CrossCosines, from.CrossSines, heads, inner, from.Tokens);
        return Linear(Attention(query, key, Linear(source, layer + ".to_v"), heads, inner), layer + ".to_out.0");
    }

    private void FeedForward(Stream stream)
    {
        GraphValue hidden = _graph.Gelu(Linear(Modulated(stream, ModulationVector.FeedForwardScale, ModulationVector.FeedForwardShift), stream.Prefix + "ff.net.0.proj"), tanhApproximation: true);
        stream.Value = AddGated(stream, Linear(hidden, stream.Prefix + "ff.net.2"), ModulationVector.FeedForwardGate);
    }

    private GraphValue Modulated(Stream stream, ModulationVector scale, ModulationVector shift) => _graph.Add(
        _graph.Multiply(_graph.RmsNormalize(stream.Value, 1, _structure.Epsilon), _graph.Add(Vector(stream, scale), _graph.Scalar(1))),
        Vector(stream, shift));

    private GraphValue AddGated(Stream stream, GraphValue value, ModulationVector vector) => _graph.Add(stream.Value, _graph.Multiply(value, Vector(stream, vector)));

    private GraphValue Vector(Stream stream, ModulationVector vector) => _graph.Slice(stream.Modulation, 0, (int)vector, (int)vector + 1);

    private GraphValue Normed(GraphValue x, string norm) => _graph.Multiply(_graph.RmsNormalize(x, 1, _structure.Epsilon), Weight(norm + ".weight"));

    /// <summary>(a, b) → (a·cos − b·sin, b·cos + a·sin), a and b the halves of each head.</summary>
    private GraphValue Rotated(GraphValue x, GraphValue cosines, GraphValue sines, int heads, int width, int tokens)
    {
        int half = width / heads / 2;
        GraphValue pairs = _graph.Reshape(x, tokens, heads, 2, half);
        GraphValue a = _graph.Slice(pairs, 2, 0, 1);
        GraphValue b = _graph.Slice(pairs, 2, 1, 2);
        GraphValue cosine = _graph.Reshape(cosines, tokens, heads, 1, half);
        GraphValue sine = _graph.Reshape(sines, tokens, heads, 1, half);
        GraphValue rotated = _graph.Concat(
            2,
            _graph.Subtract(_graph.Multiply(a, cosine), _graph.Multiply(b, sine)),
            _graph.Add(_graph.Multiply(b, cosine), _graph.Multiply(a, sine)));
        return _graph.Reshape(rotated, tokens, width);
    }

    private GraphValue Attention(GraphValue query, GraphValue key, GraphValue value, int heads, int width)
    {
        GraphValue result = _graph.ContribNode(
            "MultiHeadAttention",
            [_graph.Unsqueeze(query, 0), _graph.Unsqueeze(key, 0), _graph.Unsqueeze(value, 0)],
            DataType.Float32,
            GraphAttribute.Integer("num_heads", heads));
        return _graph.Reshape(result, -1, width);
    }

    private GraphValue Linear(GraphValue x, string layer) => _graph.Linear(x, Weight(layer + ".weight"), Weight(layer + ".bias"));

    private GraphValue Weight(string name) => _graph.Weight(_checkpoint.Tensors[name]);

    private GraphValue Input(string name, int rows, int columns)
    {
        _inputs.Add(name, HostTensor.Zeros(rows, columns));
        return _graph.Input(name, DataType.Float32, rows, columns);
    }

    private sealed class Stream
    {
        public required string Prefix { get; init; }

        public required StreamStructure Structure { get; init; }

        public required int Tokens { get; init; }

        public required GraphValue Value { get; set; }

        public required GraphValue Modulation { get; init; }

        public required GraphValue TextKeys { get; init; }

        public required GraphValue TextValues { get; init; }

        public required GraphValue Cosines { get; init; }

        public required GraphValue Sines { get; init; }

        public required GraphValue CrossCosines { get; init; }

        public required GraphValue CrossSines { get; init; }
    }
}
