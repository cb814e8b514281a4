using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// Gemma 3 run layer by layer over its memory-mapped weights: the layer graph has one session, and the weights of one layer at a time
/// are expanded to fp32. At 12B one layer has 0.9 GB in fp32 and the whole model 47 GB.
/// </summary>
/// <remarks>
/// All arithmetic is fp32: the residual stream reaches 10⁵, which fp16 cannot hold. Not thread-safe; <see cref="TextEncoder"/> takes turns.
/// </remarks>
internal sealed class GemmaTextModel : ITextModel
{
    private readonly GemmaWeights _weights;
    private readonly GraphSession _layer;
    private readonly int _threadCount;
    private readonly float[] _finalNorm;
    private readonly GemmaRotaryEmbedding _localRotary;
    private readonly GemmaRotaryEmbedding _globalRotary;

    /// <summary>Opens a model.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive the model.</param>
    /// <param name="embeddingScale">What embeddings are multiplied by; null for <see cref="GemmaWeights.DefaultEmbeddingScale"/>.</param>
    /// <param name="sessionOptions">How the layer graph runs; null for the defaults.</param>
    /// <exception cref="ModelFormatException">Weights are missing or have other shapes; all problems are listed.</exception>
    internal GemmaTextModel(
        GemmaConfiguration configuration, ITensorCollection tensors, double? embeddingScale = null, GraphSessionOptions? sessionOptions = null)
    {
        Configuration = configuration;
        _weights = new GemmaWeights(configuration, tensors, embeddingScale);
        _finalNorm = tensors.Tensors[_weights.FinalNormName].ToFloat32Array();
        for (int i = 0; i < _finalNorm.Length; i++)
        {
            _finalNorm[i] += 1;
        }

        _localRotary = new GemmaRotaryEmbedding(configuration.HeadDimension, configuration.LocalTheta, 1);
        _globalRotary = new GemmaRotaryEmbedding(configuration.HeadDimension, configuration.GlobalTheta, configuration.GlobalLinearFactor);
        sessionOptions ??= GraphSessionOptions.Default;
        _threadCount = sessionOptions.ThreadCount ?? Environment.ProcessorCount;
        _layer = GraphSession.Create(GemmaLayerGraph.Build(configuration), TextGraphThreads.Limit(
            sessionOptions,
            configuration.HiddenSize,
            configuration.IntermediateSize,
            configuration.KeyValueHeadCount * configuration.HeadDimension));
    }

    /// <inheritdoc/>
    public GemmaConfiguration Configuration { get; }

    /// <inheritdoc/>
    public void Prefill(
        IReadOnlyList<int[]> prompts, HiddenStateObserver observer, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(observer);
        TextRun[] runs = [.. prompts.Select(ids => StartRun(ids, cache: null, image: null))];
        RunLayers(runs, observer, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public KeyValueCache CreateCache() => new GraphKeyValueCache(Configuration.LayerCount, Configuration.KeyValueHeadCount, Configuration.HeadDimension);

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
        TextRun run = StartRun(ids, (GraphKeyValueCache)cache, image);
        RunLayers([run], observer, progress, cancellationToken);
        int width = Configuration.HiddenSize;
        return ComputeLogits(run.Hidden.Data.AsMemory((ids.Length - 1) * width, width), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _layer.Dispose();

    private TextRun StartRun(int[] ids, GraphKeyValueCache? cache, ImageTokens? image)
    {
        HostTensor hidden = _weights.Embed(ids, image);
        int past = cache?.TokenCount ?? 0;
        HostTensor localMask = CreateMask(ids.Length, past, Configuration.SlidingWindow, image);
        HostTensor globalMask = past + ids.Length <= Configuration.SlidingWindow ? localMask : CreateMask(ids.Length, past, int.MaxValue, image);
        return new TextRun
        {
            Hidden = hidden,
            Next = HostTensor.Zeros(ids.Length, Configuration.HiddenSize),
            Cache = cache,
            Empty = HostTensor.Zeros(Configuration.KeyValueHeadCount, 0, Configuration.HeadDimension),
            LocalMask = localMask,
            GlobalMask = globalMask,
            LocalRotary = CreateRotary(_localRotary, past, ids.Length),
            GlobalRotary = CreateRotary(_globalRotary, past, ids.Length),
        };
    }

    /// <summary>0 for the keys of <see cref="SeenKeys"/>, −∞ for all others.</summary>
    private static HostTensor CreateMask(int tokens, int past, int window, ImageTokens? image)
    {
        HostTensor mask = HostTensor.Zeros(tokens, past + tokens);
        SeenKeys seen = SeenKeys.Create(tokens, past, window, image);
        for (int query = 0; query < tokens; query++)
        {
            Span<float> row = mask.Data.AsSpan(query * (past + tokens), past + tokens);
            row[seen.End[query]..].Fill(float.NegativeInfinity);
            row[..seen.First[query]].Fill(float.NegativeInfinity);
        }

        return mask;
    }

    private static (HostTensor Cosine, HostTensor Sine) CreateRotary(GemmaRotaryEmbedding rotary, int first, int count)
    {
        HostTensor cosine = HostTensor.Zeros(count, rotary.HalfWidth);
        HostTensor sine = HostTensor.Zeros(count, rotary.HalfWidth);
        rotary.Write(first, count, cosine.Data, sine.Data);
        return (cosine, sine);
    }

    private void RunLayers(TextRun[] runs, HiddenStateObserver? observer, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Observe(0);
        using StreamedLayerWeights weights = new(_weights.Parts);
        for (int layer = 0; layer < Configuration.LayerCount; layer++)
        {
            weights.Load(_weights.Tensors, _weights.LayerPrefix(layer), _threadCount, cancellationToken);
            foreach (TextRun run in runs)
            {
                RunLayer(run, layer, weights, cancellationToken);
            }

            if (layer == Configuration.LayerCount - 1)
            {
                foreach (TextRun run in runs)
                {
                    RmsNormalization.Apply(run.Hidden.Data, Configuration.HiddenSize, _finalNorm, Configuration.NormEpsilon, run.Hidden.Data);
                }
            }

            Observe(layer + 1);
            progress?.Report(layer + 1);
        }

        void Observe(int index)
        {
            for (int prompt = 0; observer is not null && prompt < runs.Length; prompt++)
            {
                observer(prompt, index, runs[prompt].Hidden);
            }
        }
    }

    private void RunLayer(TextRun run, int layer, StreamedLayerWeights weights, CancellationToken cancellationToken)
    {
        bool isGlobal = Configuration.IsGlobal(layer);
        (HostTensor cosine, HostTensor sine) = isGlobal ? run.GlobalRotary : run.LocalRotary;
        Dictionary<string, GraphTensor> inputs = new(weights.Tensors, StringComparer.Ordinal)
        {
            [GemmaLayerGraph.Hidden] = run.Hidden,
            [GemmaLayerGraph.Cosine] = cosine,
            [GemmaLayerGraph.Sine] = sine,
            [GemmaLayerGraph.Mask] = isGlobal ? run.GlobalMask : run.LocalMask,
            [GemmaLayerGraph.PastKey] = run.Cache?.Keys(layer) ?? run.Empty,
            [GemmaLayerGraph.PastValue] = run.Cache?.Values(layer) ?? run.Empty,
        };
        Dictionary<string, GraphTensor> outputs = new(StringComparer.Ordinal) { [GemmaLayerGraph.NextHidden] = run.Next };
        if (run.Cache is not null)
        {
            int keys = run.Cache.Keys(layer).Shape.Extent(1) + run.Hidden.Shape.Extent(0);
            HostTensor key = HostTensor.Zeros(Configuration.KeyValueHeadCount, keys, Configuration.HeadDimension);
            HostTensor value = HostTensor.Zeros(Configuration.KeyValueHeadCount, keys, Configuration.HeadDimension);
            outputs.Add(GemmaLayerGraph.Key, key);
            outputs.Add(GemmaLayerGraph.Value, value);
            _layer.RunInto(inputs, outputs, cancellationToken);
            run.Cache.Set(layer, key, value);
        }
        else
        {
            _layer.RunInto(inputs, outputs, cancellationToken);
        }

        (run.Hidden, run.Next) = (run.Next, run.Hidden);
    }

    /// <summary>The output head is the embedding table itself: <c>logits = E · h</c>, a block of rows at a time per thread.</summary>
    private float[] ComputeLogits(ReadOnlyMemory<float> hidden, CancellationToken cancellationToken)
    {
        const int BlockRows = 256;
        int width = Configuration.HiddenSize;
        int rows = _weights.Embedding.Shape.Extent(0);
        float[] logits = new float[rows];
        ParallelOptions options = new() { MaxDegreeOfParallelism = _threadCount, CancellationToken = cancellationToken };
        Parallel.For(0, (rows + BlockRows - 1) / BlockRows, options, () => new float[BlockRows * width], (block, _, values) =>
        {
            int first = block * BlockRows;
            int count = Math.Min(BlockRows, rows - first);
            _weights.Embedding.Slice((long)first * width, new TensorShape(count, width)).CopyToFloat32(values);
            for (int i = 0; i < count; i++)
            {
                logits[first + i] = System.Numerics.Tensors.TensorPrimitives.Dot(values.AsSpan(i * width, width), hidden.Span);
            }

            return values;
        }, _ => { });
        return logits;
    }

    /// <summary>One text on its way through the layers.</summary>
    private sealed class TextRun
    {
        public required HostTensor Hidden { get; set; }

        public required HostTensor Next { get; set; }

        public required GraphKeyValueCache? Cache { get; init; }

        public required HostTensor Empty { get; init; }

        public required HostTensor LocalMask { get; init; }

        public required HostTensor GlobalMask { get; init; }

        public required (HostTensor Cosine, HostTensor Sine) LocalRotary { get; init; }

        public required (HostTensor Cosine, HostTensor Sine) GlobalRotary { get; init; }
    }
}
