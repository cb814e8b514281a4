using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Kernels;
using LtxEngine.Networks.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Pipeline;

/// <summary>
/// Gemma 3 on our own kernels: weights are multiplied from the mapped file as they are stored, so that no layer is ever expanded and a single
/// token costs one pass over them. Beside the file it holds activations and, while it decodes, keys and values.
/// </summary>
/// <remarks>Sums and the residual stream are fp32. Not thread-safe; <see cref="TextEncoder"/> takes turns.</remarks>
internal sealed class DeviceTextModel : ITextModel
{
    private readonly IComputeDevice _device;
    private readonly GemmaWeights _weights;
    private readonly GemmaLayers _layers;
    private readonly GemmaRotaryEmbedding _localRotary;
    private readonly GemmaRotaryEmbedding _globalRotary;

    /// <summary>Opens a model.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive the model.</param>
    /// <param name="device">The device; stays the caller's.</param>
    /// <param name="embeddingScale">What embeddings are multiplied by; null for <see cref="GemmaWeights.DefaultEmbeddingScale"/>.</param>
    /// <exception cref="ModelFormatException">Weights are missing or have other shapes; all problems are listed.</exception>
    public DeviceTextModel(GemmaConfiguration configuration, ITensorCollection tensors, IComputeDevice device, double? embeddingScale = null)
    {
        _device = device;
        _weights = new GemmaWeights(configuration, tensors, embeddingScale);
        _layers = new GemmaLayers(configuration, tensors, _weights.Prefix, device);
        _localRotary = new GemmaRotaryEmbedding(configuration.HeadDimension, configuration.LocalTheta, 1);
        _globalRotary = new GemmaRotaryEmbedding(configuration.HeadDimension, configuration.GlobalTheta, configuration.GlobalLinearFactor);
    }

    /// <inheritdoc/>
    public GemmaConfiguration Configuration => _weights.Configuration;

    /// <inheritdoc/>
    public void Prefill(
        IReadOnlyList<int[]> prompts, HiddenStateObserver observer, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(observer);
        List<GemmaText> texts = [];
        try
        {
            foreach (int[] ids in prompts)
            {
                texts.Add(Start(ids, past: 0, image: null));
            }

            int longest = texts.Count == 0 ? 0 : texts.Max(text => text.Tokens);
            if (longest > 0)
            {
                // The keys of a layer are needed for no longer than the layer runs.
                using DeviceBuffer keys = _device.Allocate((long)longest * _layers.KeyWidth);
                using DeviceBuffer values = _device.Allocate((long)longest * _layers.KeyWidth);
                RunLayers(
                    texts,
                    (_, text) => (keys.AsMatrix(text.Tokens, _layers.KeyWidth), values.AsMatrix(text.Tokens, _layers.KeyWidth)),
                    isOneText: false,
                    observer,
                    progress,
                    cancellationToken);
            }
        }
        finally
        {
            texts.ForEach(text => text.Dispose());
        }
    }

    /// <inheritdoc/>
    public KeyValueCache CreateCache() => new DeviceKeyValueCache(_device, Configuration.LayerCount, _layers.KeyWidth);

    /// <inheritdoc/>
    public float[] Decode(
        int[] ids,
        KeyValueCache cache,
        ImageTokens? image = null,
        HiddenStateObserver? observer = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        DeviceKeyValueCache held = (DeviceKeyValueCache)cache;
        using GemmaText text = Start(ids, held.TokenCount, image);
        RunLayers([text], (layer, _) => held.Extend(layer, text.Tokens), isOneText: true, observer, progress, cancellationToken);
        held.Commit(text.Tokens);
        return _layers.Logits(text, _weights.Embedding, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _layers.Dispose();

    private GemmaText Start(int[] ids, int past, ImageTokens? image)
    {
        HostTensor embeddings = _weights.Embed(ids, image);
        return new GemmaText(_device, embeddings.Data, ids.Length, past)
        {
            LocalRotary = CreateRotary(_localRotary, past, ids.Length),
            GlobalRotary = CreateRotary(_globalRotary, past, ids.Length),
            LocalKeys = CreateRanges(SeenKeys.Create(ids.Length, past, Configuration.SlidingWindow, image)),
            GlobalKeys = CreateRanges(SeenKeys.Create(ids.Length, past, int.MaxValue, image)),
        };
    }

    private KeyRanges CreateRanges(SeenKeys seen) => KeyRanges.Create(_device, seen.First, seen.End);

    private DeviceRotaryTable CreateRotary(GemmaRotaryEmbedding rotary, int first, int count)
    {
        float[] cosines = new float[checked(count * rotary.HalfWidth)];
        float[] sines = new float[cosines.Length];
        rotary.Write(first, count, cosines, sines);
        return _device.CreateRotaryTable(cosines, sines, count, 2 * rotary.HalfWidth, heads: 1, RotaryLayout.Split);
    }

    /// <summary>
    /// Texts advance together, so that a layer's pages are read once for all. While one text is decoded they are left in the process: the next
    /// token needs them at once.
    /// </summary>
    private void RunLayers(
        List<GemmaText> texts,
        Func<int, GemmaText, (DeviceMatrix Keys, DeviceMatrix Values)> keysOf,
        bool isOneText,
        HiddenStateObserver? observer,
        IProgress<int>? progress,
        CancellationToken cancellationToken)
    {
        HostTensor?[] states = new HostTensor?[texts.Count];
        Observe(0);
        int layers = Configuration.LayerCount;
        using DeviceBuffer workspace = _device.Allocate(GemmaLayers.WorkspaceLength(Configuration, texts.Max(text => text.Tokens)));
        for (int layer = 0; layer < layers; layer++)
        {
            using GemmaLayerWeights weights = _layers.Bind(layer);
            foreach (GemmaText text in texts)
            {
                (DeviceMatrix keys, DeviceMatrix values) = keysOf(layer, text);
                _layers.Run(layer, weights, text, keys, values, workspace, cancellationToken);
            }

            if (!isOneText)
            {
                _device.Synchronize();
                weights.ReleasePages();
            }

            if (layer == layers - 1)
            {
                texts.ForEach(_layers.Finish);
            }

            Observe(layer + 1);
            progress?.Report(layer + 1);
        }

        void Observe(int index)
        {
            for (int i = 0; observer is not null && i < texts.Count; i++)
            {
                DeviceMatrix hidden = texts[i].Hidden;
                HostTensor state = states[i] ??= HostTensor.Zeros(hidden.Rows, hidden.Columns);
                _device.Download(hidden, state.Data);
                observer(i, index, state);
            }
        }
    }
}
