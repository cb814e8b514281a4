using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text.Vision;

/// <summary>
/// Gemma's eye: a picture to the vectors that stand for it in a text. Runs layer by layer over the memory-mapped weights like
/// <see cref="GemmaTextModel"/>, so the 1.7 GB (fp32) of the published tower are never in memory at once. Not thread-safe.
/// </summary>
internal sealed class GemmaVisionTower : IDisposable
{
    private const string FirstWeight = "embeddings.patch_embedding.weight";

    // The last two are how newer versions of the original library write it.
    private static readonly (string Tower, string Projector)[] Prefixes =
    [
        ("vision_tower.vision_model.", "multi_modal_projector."),
        ("model.vision_tower.vision_model.", "model.multi_modal_projector."),
        ("vision_tower.", "multi_modal_projector."),
        ("model.vision_tower.", "model.multi_modal_projector."),
    ];

    private readonly GemmaConfiguration _configuration;
    private readonly GemmaVisionConfiguration _vision;
    private readonly ITensorCollection _tensors;
    private readonly string _tower;
    private readonly string _projector;
    private readonly int _threadCount;
    private readonly GraphSession _embeddingGraph;
    private readonly GraphSession _layerGraph;
    private readonly GraphSession _projectorGraph;

    /// <summary>Opens the tower of a text model. Weights are checked now and read while encoding.</summary>
    /// <param name="configuration">The text model's configuration.</param>
    /// <param name="tensors">Its open checkpoint; stays the caller's and must outlive the tower.</param>
    /// <param name="sessionOptions">How the graphs run; null for the defaults.</param>
    /// <exception cref="ModelFormatException">The model has no tower, or weights are missing or have other shapes; all problems are listed.</exception>
    internal GemmaVisionTower(GemmaConfiguration configuration, ITensorCollection tensors, GraphSessionOptions? sessionOptions = null)
    {
        _configuration = configuration;
        _tensors = tensors;
        _vision = configuration.Vision ?? throw new ModelFormatException(
            tensors.DisplayPath(), ModelFormatErrorKind.InvalidConfiguration, "The text model's config.json has no vision_config: it cannot see images.");
        (_tower, _projector) = FindPrefixes(tensors) ?? throw new ModelFormatException(
            tensors.DisplayPath(), ModelFormatErrorKind.InvalidTensors, $"'{Prefixes[0].Tower}{FirstWeight}' is missing: the text model is stored without its vision tower.");
        CheckPooling();
        CheckWeights();
        sessionOptions ??= GraphSessionOptions.Default;
        _threadCount = sessionOptions.ThreadCount ?? Environment.ProcessorCount;
        int patches = GemmaVisionGraphs.Grid(_vision) * GemmaVisionGraphs.Grid(_vision);

        // ONNX Runtime cuts a convolution by the number of threads. This one is small enough for a single thread.
        _embeddingGraph = GraphSession.Create(GemmaVisionGraphs.BuildEmbedding(_vision), sessionOptions with { ThreadCount = 1 });
        try
        {
            _layerGraph = GraphSession.Create(
                GemmaVisionGraphs.BuildLayer(_vision), TextGraphThreads.Limit(sessionOptions, _vision.HiddenSize, _vision.IntermediateSize, patches));
            _projectorGraph = GraphSession.Create(
                GemmaVisionGraphs.BuildProjector(configuration), TextGraphThreads.Limit(sessionOptions, configuration.HiddenSize, configuration.TokensPerImage));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Edge of the square picture that <see cref="Encode"/> takes, in pixels.</summary>
    internal int ImageSize => _vision.ImageSize;

    /// <summary>Vectors per picture.</summary>
    internal int TokenCount => _configuration.TokensPerImage;

    /// <summary>Whether a text model is stored with a vision tower.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="tensors">Its open checkpoint.</param>
    internal static bool IsPresent(GemmaConfiguration configuration, ITensorCollection tensors) =>
        configuration.Vision is not null && FindPrefixes(tensors) is not null;

    /// <summary>Encodes a picture.</summary>
    /// <param name="pixels"><c>[3, size, size]</c> in [−1, 1], where size is <see cref="ImageSize"/>.</param>
    /// <param name="progress">Receives the number of finished layers.</param>
    /// <param name="cancellationToken">Cancels within one operation of one layer.</param>
    /// <exception cref="ArgumentException">The picture has another shape.</exception>
    internal ImageEncoding Encode(HostTensor pixels, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Shape != new TensorShape(3, ImageSize, ImageSize))
        {
            throw new ArgumentException($"The picture has the shape {pixels.Shape}; [3, {ImageSize}, {ImageSize}] is needed.", nameof(pixels));
        }

        HostTensor hidden = Embed(pixels, cancellationToken);
        HostTensor next = new(hidden.Shape, new float[hidden.Data.Length]);
        using (StreamedLayerWeights weights = new(GemmaVisionGraphs.LayerParts(_vision)))
        {
            for (int layer = 0; layer < _vision.LayerCount; layer++)
            {
                weights.Load(_tensors, LayerPrefix(layer), _threadCount, cancellationToken);
                Dictionary<string, GraphTensor> inputs = new(weights.Tensors, StringComparer.Ordinal) { [GemmaVisionGraphs.Hidden] = hidden };
                _layerGraph.RunInto(inputs, new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [GemmaVisionGraphs.NextHidden] = next }, cancellationToken);
                (hidden, next) = (next, hidden);
                progress?.Report(layer + 1);
            }
        }

        return Project(hidden, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _embeddingGraph.Dispose();
        _layerGraph?.Dispose();
        _projectorGraph?.Dispose();
    }

    private static (string Tower, string Projector)? FindPrefixes(ITensorCollection tensors)
    {
        foreach ((string tower, string projector) in Prefixes)
        {
            if (tensors.Tensors.ContainsKey(tower + FirstWeight))
            {
                return (tower, projector);
            }
        }

        return null;
    }

    private void CheckPooling()
    {
        int side = (int)Math.Sqrt(_configuration.TokensPerImage);
        int grid = GemmaVisionGraphs.Grid(_vision);
        if (side * side != _configuration.TokensPerImage || grid % side != 0)
        {
            throw new ModelFormatException(
                _tensors.DisplayPath(),
                ModelFormatErrorKind.InvalidConfiguration,
                $"mm_tokens_per_image is {_configuration.TokensPerImage}; it must be the square of a number that divides the {grid} patches of an edge.");
        }
    }

    private void CheckWeights()
    {
        List<string> problems = [];
        StreamedLayerWeights.Check(GemmaVisionGraphs.EmbeddingParts(_vision), _tensors, _tower, problems);
        for (int layer = 0; layer < _vision.LayerCount; layer++)
        {
            StreamedLayerWeights.Check(GemmaVisionGraphs.LayerParts(_vision), _tensors, LayerPrefix(layer), problems);
        }

        StreamedLayerWeights.Check(GemmaVisionGraphs.LastNormParts(_vision), _tensors, _tower, problems);
        StreamedLayerWeights.Check(GemmaVisionGraphs.ProjectorParts(_configuration), _tensors, _projector, problems);
        if (problems.Count > 0)
        {
            throw new ModelFormatException(_tensors.DisplayPath(), ModelFormatErrorKind.InvalidTensors, problems);
        }
    }

    private string LayerPrefix(int layer) => $"{_tower}encoder.layers.{layer}.";

    private HostTensor Embed(HostTensor pixels, CancellationToken cancellationToken)
    {
        using StreamedLayerWeights weights = Load(GemmaVisionGraphs.EmbeddingParts(_vision), _tower, cancellationToken);
        GraphTensor picture = GraphTensor.From(pixels.Data, new TensorShape(1, 3, ImageSize, ImageSize));
        return _embeddingGraph.RunSingle(
            new Dictionary<string, GraphTensor>(weights.Tensors, StringComparer.Ordinal) { [GemmaVisionGraphs.Pixels] = picture }, cancellationToken);
    }

    private ImageEncoding Project(HostTensor hidden, CancellationToken cancellationToken)
    {
        using StreamedLayerWeights norm = Load(GemmaVisionGraphs.LastNormParts(_vision), _tower, cancellationToken);
        using StreamedLayerWeights projector = Load(GemmaVisionGraphs.ProjectorParts(_configuration), _projector, cancellationToken);
        IReadOnlyDictionary<string, HostTensor> results = _projectorGraph.Run(
            new Dictionary<string, GraphTensor>([.. norm.Tensors, .. projector.Tensors], StringComparer.Ordinal) { [GemmaVisionGraphs.Hidden] = hidden },
            cancellationToken);
        return new ImageEncoding(results[GemmaVisionGraphs.Features], results[GemmaVisionGraphs.Tokens]);
    }

    private StreamedLayerWeights Load(ImmutableArray<LayerPart> parts, string prefix, CancellationToken cancellationToken)
    {
        StreamedLayerWeights weights = new(parts);
        try
        {
            weights.Load(_tensors, prefix, _threadCount, cancellationToken);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }
}
