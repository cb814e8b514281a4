using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Text;

/// <summary>
/// The decoder layers of Gemma 3 on a compute device. The large weights stay in the mapped file and are multiplied from there
/// (<see cref="IComputeDevice.BindLinear"/>); only the norms are held.
/// </summary>
/// <remarks>
/// <c>h += N_post_attention(Attention(N_input(h)))</c>; <c>h += N_post_feedforward(MLP(N_pre_feedforward(h)))</c>. Every norm is RMS with the
/// factor 1 + w; queries and keys are normalised per head before RoPE; several query heads share a key head;
/// <c>MLP(x) = down(gelu_tanh(gate x) ⊙ up x)</c>. Local and global layers differ in angles and in the keys that a token sees.
/// </remarks>
internal sealed class GemmaLayers : IDisposable
{
    // 126 MB of the table at 12B: far from the longest span, and cancellation is noticed between two.
    private const int LogitsAtOnce = 16384;

    private readonly GemmaConfiguration _configuration;
    private readonly ITensorCollection _tensors;
    private readonly string _prefix;
    private readonly IComputeDevice _device;
    private readonly DeviceBuffer _norms;
    private readonly float _epsilon;

    /// <summary>Loads the norms.</summary>
    /// <param name="configuration">The sizes of the model.</param>
    /// <param name="tensors">The open checkpoint, whose weights were checked; stays the caller's and must outlive the layers.</param>
    /// <param name="prefix">What the names of the text model's weights begin with.</param>
    /// <param name="device">The device; stays the caller's.</param>
    public GemmaLayers(GemmaConfiguration configuration, ITensorCollection tensors, string prefix, IComputeDevice device)
    {
        _configuration = configuration;
        _tensors = tensors;
        _prefix = prefix;
        _device = device;
        _epsilon = (float)configuration.NormEpsilon;
        _norms = device.Allocate(NormLength(configuration));
        try
        {
            for (int layer = 0; layer < configuration.LayerCount; layer++)
            {
                LoadNorms(layer);
            }

            device.Upload(tensors.Tensors[prefix + "norm.weight"].ToFloat32Array(), FinalNorm);
        }
        catch
        {
            _norms.Dispose();
            throw;
        }
    }

    /// <summary>Values of a key, or a value, of one token: those of all its heads.</summary>
    public int KeyWidth => _configuration.KeyValueHeadCount * _configuration.HeadDimension;

    private int QueryWidth => _configuration.HeadCount * _configuration.HeadDimension;

    private int WideWidth => Math.Max(_configuration.IntermediateSize, QueryWidth);

    private long LayerNormLength => LayerNorms(_configuration);

    private DeviceMatrix FinalNorm => Norm(_configuration.LayerCount * LayerNormLength, _configuration.HiddenSize);

    /// <summary>What the layers hold as long as they live, in fp32 values.</summary>
    /// <param name="configuration">The sizes of the model.</param>
    public static long NormLength(GemmaConfiguration configuration) =>
        checked((configuration.LayerCount * LayerNorms(configuration)) + configuration.HiddenSize);

    /// <summary>The working memory that tokens need, in fp32 values, for <see cref="Run"/>.</summary>
    /// <param name="configuration">The sizes of the model.</param>
    /// <param name="tokens">The most tokens at once.</param>
    public static long WorkspaceLength(GemmaConfiguration configuration, int tokens) => checked(tokens
        * (configuration.HiddenSize + (2L * Math.Max(configuration.IntermediateSize, configuration.HeadCount * configuration.HeadDimension))));

    /// <summary>Binds the weights of a layer for as long as it runs.</summary>
    /// <param name="layer">The layer.</param>
    public GemmaLayerWeights Bind(int layer) => new(_device, _tensors, $"{_prefix}layers.{layer}.");

    /// <summary>Runs one layer.</summary>
    /// <param name="layer">Which one.</param>
    /// <param name="weights">From <see cref="Bind"/>.</param>
    /// <param name="text">The tokens; their residual stream is updated.</param>
    /// <param name="keys">[past + tokens, <see cref="KeyWidth"/>], one row behind the other: keys of the past; receives those of the tokens.</param>
    /// <param name="values">As <paramref name="keys"/>, the values.</param>
    /// <param name="workspace">Working memory of at least <see cref="WorkspaceLength"/>.</param>
    /// <param name="cancellationToken">Looked at before each operation.</param>
    public void Run(
        int layer, GemmaLayerWeights weights, GemmaText text, DeviceMatrix keys, DeviceMatrix values, DeviceBuffer workspace, CancellationToken cancellationToken)
    {
        DeviceOperations operations = new(_device, NetworkLimits.Default, scratch: null, cancellationToken);
        int tokens = text.Tokens;
        int width = _configuration.HiddenSize;
        long wide = (long)tokens * WideWidth;
        DeviceMatrix narrow = new(workspace, 2 * wide, tokens, width, width);
        DeviceMatrix Wide(int place, int columns) => new(workspace, place * wide, tokens, columns, columns);
        bool isGlobal = _configuration.IsGlobal(layer);
        long norms = layer * LayerNormLength;

        Normalize(operations, text.Hidden, norms, narrow);
        DeviceMatrix query = Wide(0, QueryWidth);
        DeviceMatrix newKeys = keys.RowRange(text.Past, tokens);
        operations.Linear(narrow, weights.Query, query);
        operations.Linear(narrow, weights.Key, newKeys);
        operations.Linear(narrow, weights.Value, values.RowRange(text.Past, tokens));
        DeviceRotaryTable rotary = isGlobal ? text.GlobalRotary : text.LocalRotary;
        long headNorms = norms + (4L * width);
        int headDimension = _configuration.HeadDimension;
        operations.Device.RmsNormRotate(Heads(query), Norm(headNorms, headDimension), _epsilon, rotary);
        operations.Device.RmsNormRotate(Heads(newKeys), Norm(headNorms + headDimension, headDimension), _epsilon, rotary);
        DeviceMatrix attended = Wide(1, QueryWidth);
        operations.Device.Attention(
            query,
            keys,
            values,
            attended,
            _configuration.HeadCount,
            (float)(1 / Math.Sqrt(_configuration.QueryPreAttentionScalar)),
            isGlobal ? text.GlobalKeys : text.LocalKeys);
        operations.Linear(attended, weights.Output, narrow);
        AddNormalized(operations, text.Hidden, norms + width, narrow);

        Normalize(operations, text.Hidden, norms + (2L * width), narrow);
        DeviceMatrix gate = Wide(0, _configuration.IntermediateSize);
        DeviceMatrix up = Wide(1, _configuration.IntermediateSize);
        operations.Linear(narrow, weights.Gate, gate, Activation.GeluTanh);
        operations.Linear(narrow, weights.Up, up);
        operations.Device.Multiply(gate, up, gate);
        operations.Linear(gate, weights.Down, narrow);
        AddNormalized(operations, text.Hidden, norms + (3L * width), narrow);
    }

    /// <summary>The last norm, in place.</summary>
    /// <param name="text">The tokens behind the last layer.</param>
    public void Finish(GemmaText text) => _device.RmsNormModulate(text.Hidden, _epsilon, new RowVectors(FinalNorm, null), null, text.Hidden);

    /// <summary>The output head: logits = E·h of the last token, where E is the embedding table.</summary>
    /// <param name="text">The tokens after <see cref="Finish"/>.</param>
    /// <param name="embedding">E, [vocabulary, hidden size].</param>
    /// <param name="cancellationToken">Looked at between parts of the table.</param>
    public float[] Logits(GemmaText text, StoredTensor embedding, CancellationToken cancellationToken)
    {
        int width = _configuration.HiddenSize;
        float[] logits = new float[embedding.Shape.Extent(0)];
        DeviceMatrix last = text.Hidden.RowRange(text.Tokens - 1, 1);
        using DeviceBuffer result = _device.Allocate(Math.Min(LogitsAtOnce, logits.Length));
        for (int first = 0; first < logits.Length; first += LogitsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(LogitsAtOnce, logits.Length - first);
            using IDeviceWeight rows = _device.BindLinear(embedding.Slice((long)first * width, new TensorShape(count, width)));
            DeviceMatrix output = result.AsMatrix(1, count);
            _device.Linear(last, rows, output, LinearEpilogue.Store);
            _device.Download(output, logits.AsSpan(first, count));
        }

        return logits;
    }

    /// <inheritdoc/>
    public void Dispose() => _norms.Dispose();

    private static long LayerNorms(GemmaConfiguration configuration) => (4L * configuration.HiddenSize) + (2L * configuration.HeadDimension);

    private void LoadNorms(int layer)
    {
        string[] names = ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"];
        string prefix = $"{_prefix}layers.{layer}.";
        long start = layer * LayerNormLength;
        foreach (string name in names)
        {
            // The operation that uses them adds 1.
            _device.Upload(_tensors.Tensors[prefix + name + ".weight"].ToFloat32Array(), Norm(start, _configuration.HiddenSize));
            start += _configuration.HiddenSize;
        }

        foreach (string name in new[] { "self_attn.q_norm", "self_attn.k_norm" })
        {
            float[] factors = Array.ConvertAll(_tensors.Tensors[prefix + name + ".weight"].ToFloat32Array(), w => 1 + w);
            _device.Upload(factors, Norm(start, _configuration.HeadDimension));
            start += _configuration.HeadDimension;
        }
    }

    private DeviceMatrix Norm(long start, int length) => new(_norms, start, 1, length, length);

    /// <summary>The rows of all heads, which lie one behind the other.</summary>
    private DeviceMatrix Heads(DeviceMatrix rows)
    {
        int dimension = _configuration.HeadDimension;
        return new DeviceMatrix(rows.Buffer, rows.Offset, checked(rows.Rows * (rows.Columns / dimension)), dimension, dimension);
    }

    private void Normalize(DeviceOperations operations, DeviceMatrix input, long norm, DeviceMatrix output) =>
        operations.Device.RmsNormModulate(input, _epsilon, new RowVectors(Norm(norm, _configuration.HiddenSize), null), null, output);

    private void AddNormalized(DeviceOperations operations, DeviceMatrix residual, long norm, DeviceMatrix branch)
    {
        Normalize(operations, branch, norm, branch);
        operations.Device.AddGated(residual, branch, gate: null);
    }
}
