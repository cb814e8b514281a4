using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// Prompts to the contexts of the diffusion transformer: tokens → hidden states of Gemma → normalised and projected features → connectors.
/// Contexts are kept for the prompts used last. Thread-safe: calls take turns.
/// </summary>
internal sealed class TextEncoder : IDisposable
{
    // More together would read the weights less often but collect more hidden states (126 MB a prompt at 12B).
    private const int PromptsTogether = 2;

    private readonly Lock _gate = new();
    private readonly GemmaTokenizer _tokenizer;
    private readonly ITextModel _model;
    private readonly TextFeatureProjection _projection;
    private readonly TextConnector _video;
    private readonly TextConnector? _audio;
    private readonly TextContextCache _cache;
    private readonly ITensorCollection _textModel;
    private readonly GraphSessionOptions _session;
    private readonly int _length;
    private Checkpoint? _owned;

    /// <summary>Opens an encoder. Weights are checked now and read while encoding.</summary>
    /// <param name="tokenizer">The tokenizer of the text model.</param>
    /// <param name="configuration">The configuration of the text model.</param>
    /// <param name="textModel">The open weights of the text model; stay the caller's and must outlive the encoder.</param>
    /// <param name="checkpoint">The open LTX checkpoint with projection and connectors; stays the caller's and must outlive the encoder.</param>
    /// <param name="options">How to load it; null for the defaults.</param>
    /// <exception cref="ModelFormatException">Weights are missing or do not fit each other.</exception>
    internal TextEncoder(
        GemmaTokenizer tokenizer, GemmaConfiguration configuration, ITensorCollection textModel, ITensorCollection checkpoint, TextEncoderOptions? options = null)
    {
        options ??= new TextEncoderOptions();
        TextConditioningConfiguration conditioning = TextConditioningConfiguration.Read(checkpoint);
        if (options.Length < 1 || options.Length % conditioning.Video.RegisterCount != 0)
        {
            throw new ArgumentException(
                $"{nameof(TextEncoderOptions.Length)} is {options.Length}; it must be a positive multiple of the {conditioning.Video.RegisterCount} registers.", nameof(options));
        }

        _length = options.Length;
        _cache = new TextContextCache(options.CacheCapacity);
        _tokenizer = tokenizer;
        _textModel = textModel;
        _session = options.Session;
        _model = options.CreateModel?.Invoke(configuration, textModel, options.EmbeddingScale)
            ?? new GemmaTextModel(configuration, textModel, options.EmbeddingScale, options.Session);
        try
        {
            _projection = new TextFeatureProjection(checkpoint, configuration.HiddenSize, _model.HiddenStateCount, options.Length, options.Session);
            _video = new TextConnector(conditioning.Video, checkpoint, options.Session);
            _audio = conditioning.Audio is null ? null : new TextConnector(conditioning.Audio, checkpoint, options.Session);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens an encoder with the text model of a folder as it is published: <c>tokenizer.json</c>, <c>config.json</c> and the weights.</summary>
    /// <param name="folder">The folder of the text model.</param>
    /// <param name="checkpoint">The open LTX checkpoint; stays the caller's and must outlive the encoder.</param>
    /// <param name="options">How to load it; null for the defaults.</param>
    /// <param name="modelFolder">The folder that links must not leave; by default <paramref name="folder"/> itself.</param>
    /// <exception cref="ModelFormatException">A file is missing, damaged or does not fit the others.</exception>
    internal static TextEncoder Open(string folder, ITensorCollection checkpoint, TextEncoderOptions? options = null, string? modelFolder = null)
    {
        folder = Path.GetFullPath(folder);
        modelFolder ??= folder;
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(ModelPath.ResolveFile(Path.Combine(folder, "tokenizer.json"), modelFolder));
        GemmaConfiguration configuration = GemmaConfiguration.Load(ModelPath.ResolveFile(Path.Combine(folder, "config.json"), modelFolder));
        Checkpoint textModel = Checkpoint.Open(folder, modelFolder);
        try
        {
            return new TextEncoder(tokenizer, configuration, textModel, checkpoint, options) { _owned = textModel };
        }
        catch
        {
            textModel.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer, for prompt expansion.</summary>
    internal GemmaTokenizer Tokenizer => _tokenizer;

    /// <summary>The text model, for prompt expansion. Its user takes turns with <see cref="Encode(string, CancellationToken)"/>.</summary>
    internal ITextModel Model => _model;

    /// <summary>Opens the vision tower of the text model over the same weights, for prompt expansion; it must not outlive the encoder.</summary>
    /// <returns>The tower, which is the caller's to dispose; null when the text model is stored without one.</returns>
    /// <exception cref="ModelFormatException">Weights of the tower are missing or have other shapes.</exception>
    internal GemmaVisionTower? OpenVisionTower() => GemmaVisionTower.IsPresent(_model.Configuration, _textModel)
        ? new GemmaVisionTower(_model.Configuration, _textModel, _session)
        : null;

    /// <summary>The number of cached prompts.</summary>
    internal int CachedCount
    {
        get
        {
            lock (_gate)
            {
                return _cache.Count;
            }
        }
    }

    /// <summary>Encodes a prompt.</summary>
    /// <inheritdoc cref="Encode(IReadOnlyList{string}, IProgress{TextEncodingProgress}?, CancellationToken)"/>
    internal TextContext Encode(string prompt, CancellationToken cancellationToken = default) => Encode([prompt], null, cancellationToken)[0];

    /// <summary>
    /// Encodes prompts: every weight is read once for two of them (a prompt and its negative). A context never depends on what it is encoded with.
    /// </summary>
    /// <param name="prompts">The prompts; the empty one is valid. Ends are stripped of white space, tokens beyond the length are dropped.</param>
    /// <param name="progress">Receives finished layers and blocks.</param>
    /// <param name="cancellationToken">Cancels within one operation of one layer.</param>
    /// <returns>One context per prompt, in order.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal IReadOnlyList<TextContext> Encode(
        IReadOnlyList<string> prompts, IProgress<TextEncodingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        lock (_gate)
        {
            Dictionary<string, TextContext> found = new(StringComparer.Ordinal);
            List<string> missing = [];
            foreach (string prompt in prompts.Distinct(StringComparer.Ordinal))
            {
                if (_cache.Find(prompt) is TextContext context)
                {
                    found.Add(prompt, context);
                }
                else
                {
                    missing.Add(prompt);
                }
            }

            string[][] groups = [.. missing.Chunk(PromptsTogether)];
            for (int group = 0; group < groups.Length; group++)
            {
                TextContext[] contexts = EncodeMissing(groups[group], group, groups.Length, progress, cancellationToken);
                for (int i = 0; i < contexts.Length; i++)
                {
                    found.Add(groups[group][i], contexts[i]);
                    _cache.Add(groups[group][i], contexts[i]);
                }
            }

            return [.. prompts.Select(prompt => found[prompt])];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _projection?.Dispose();
        _video?.Dispose();
        _audio?.Dispose();
        _owned?.Dispose();
    }

    /// <summary>The projected features of prompts given as ids, <c>[tokens, width]</c> each.</summary>
    internal HostTensor[] EncodeFeatures(IReadOnlyList<int[]> prompts, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        using TextFeatureAccumulator accumulator = _projection.Begin([.. prompts.Select(ids => ids.Length)], cancellationToken);
        _model.Prefill(prompts, accumulator.Add, progress, cancellationToken);
        return accumulator.Finish();
    }

    private TextContext[] EncodeMissing(string[] prompts, int group, int groupCount, IProgress<TextEncodingProgress>? progress, CancellationToken cancellationToken)
    {
        int layers = _model.Configuration.LayerCount;
        int videoBlocks = _video.Configuration.LayerCount;
        int steps = layers + videoBlocks + (_audio?.Configuration.LayerCount ?? 0);
        int[][] ids = [.. prompts.Select(prompt => _tokenizer.EncodePrompt(prompt, _length))];
        HostTensor[] features = EncodeFeatures(ids, Offset(0), cancellationToken);
        HostTensor[] video = _video.Run(features, _length, Offset(layers), cancellationToken);
        HostTensor[]? audio = _audio?.Run(features, _length, Offset(layers + videoBlocks), cancellationToken);
        return [.. ids.Select((tokens, i) => new TextContext(video[i], audio?[i], tokens.Length))];

        IProgress<int>? Offset(int before) => progress is null ? null : new OffsetProgress(progress, (group * steps) + before, groupCount * steps);
    }

    /// <summary>Reports at once on the caller's thread, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class OffsetProgress(IProgress<TextEncodingProgress> progress, int before, int total) : IProgress<int>
    {
        public void Report(int value) => progress.Report(new TextEncodingProgress(before + value, total));
    }
}
