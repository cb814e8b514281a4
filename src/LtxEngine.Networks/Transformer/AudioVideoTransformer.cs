using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// The LTX-2 audio-video diffusion transformer: predicts the velocity of noisy video and audio tokens from a text context.
/// Load once, make a <see cref="TextConditioning"/> per prompt and a <see cref="TransformerWorkspace"/> per shape, then call
/// <see cref="Forward"/> per step. One call at a time; the first call of a shape allocates, later ones allocate no managed memory.
/// Dispose workspaces and conditionings before the transformer.
/// </summary>
internal sealed partial class AudioVideoTransformer : IDisposable
{
    private readonly IComputeDevice _device;
    private readonly NetworkLimits _limits;
    private readonly WeightScope _globals;
    private readonly StreamGlobalWeights _video;
    private readonly StreamGlobalWeights? _audio;
    private readonly IBlockWeights<TransformerBlockWeights> _blocks;
    private readonly ResidentBlocks<TextBlockWeights>? _residentText;
    private readonly IWeightSource _source;
    private readonly RotaryEmbedding _videoRotary;
    private readonly RotaryEmbedding? _audioRotary;
    private readonly RotaryEmbedding? _crossRotary;
    private readonly TimestepEmbedding _videoSinusoid;
    private readonly TimestepEmbedding? _audioSinusoid;
    private bool _disposed;

    private AudioVideoTransformer(TransformerStructure structure, IWeightSource source, TransformerOptions options, CancellationToken cancellationToken)
    {
        Structure = structure;
        _source = source;
        _device = source.Device;
        _limits = options.Limits;
        bool hasAudio = structure.Audio is not null;
        _videoRotary = Rotary(structure.Video.Width, structure.Video.Heads, structure.Video.MaxPositions);
        _videoSinusoid = new TimestepEmbedding(structure.Video.SinusoidWidth);
        if (structure.Audio is not null)
        {
            _audioRotary = Rotary(structure.Audio.Width, structure.Audio.Heads, structure.Audio.MaxPositions);
            _audioSinusoid = new TimestepEmbedding(structure.Audio.SinusoidWidth);

            // Both sides of the cross attentions use the time axis with the larger of the two ranges.
            _crossRotary = Rotary(structure.CrossWidth, structure.CrossHeads, [Math.Max(structure.Video.MaxPositions[0], structure.Audio.MaxPositions[0])]);
        }

        _globals = new WeightScope(source);
        try
        {
            _video = new StreamGlobalWeights(_globals, "video", hasAudio);
            _audio = hasAudio ? new StreamGlobalWeights(_globals, "audio", hasAudio) : null;
            if (options.Residency.Streamed)
            {
                _blocks = new StreamedBlocks<TransformerBlockWeights>(
                    structure.Layers,
                    options.Residency.Prefetch,
                    i => new TransformerBlockWeights(source, i, hasAudio));
            }
            else
            {
                _residentText = new ResidentBlocks<TextBlockWeights>(structure.Layers, i => new TextBlockWeights(source, i, hasAudio), null, cancellationToken);
                _blocks = new ResidentBlocks<TransformerBlockWeights>(
                    structure.Layers,
                    i => new TransformerBlockWeights(source, i, hasAudio),
                    n => options.BlockLoaded?.Invoke(n, structure.Layers),
                    cancellationToken);
            }
        }
        catch
        {
            _residentText?.Dispose();
            _globals.Dispose();
            throw;
        }
    }

    /// <summary>What was loaded.</summary>
    public TransformerStructure Structure { get; }

    /// <summary>Loads a transformer of a known structure; <see cref="TransformerOptions.VideoOnly"/> is the structure's business then.</summary>
    /// <param name="source">Its weights, names without prefix.</param>
    /// <param name="structure">Its structure.</param>
    /// <param name="options">How to load; resident with default limits when null.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    /// <exception cref="ModelFormatException">Tensors are missing or have other shapes; the message lists all of them.</exception>
    public static AudioVideoTransformer Load(
        IWeightSource source,
        TransformerStructure structure,
        TransformerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new TransformerOptions();
        ProblemList problems = new();
        TensorRequirements.Collect(source, structure.RequiredTensors(), problems);
        problems.ThrowIfAny(source.Description);
        return new AudioVideoTransformer(structure, source, options, cancellationToken);
    }

    /// <summary>Loads the transformer of a checkpoint, which must stay open while it is used.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">The device.</param>
    /// <param name="options">How to load; resident with default limits when null.</param>
    /// <param name="deltas">LoRAs, added in this order; none when null.</param>
    /// <param name="cache">Prepared weights that several networks of the device share; none are shared when null.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    /// <exception cref="ModelFormatException">Everything that is wrong with configuration and tensors.</exception>
    public static AudioVideoTransformer Load(
        ITensorCollection checkpoint,
        IComputeDevice device,
        TransformerOptions? options = null,
        IReadOnlyList<IWeightDelta>? deltas = null,
        WeightCache? cache = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new TransformerOptions();
        ProblemList problems = new();
        TransformerConfiguration configuration = TransformerConfiguration.Read(checkpoint, problems);
        TransformerStructure structure = TransformerStructure.From(configuration, options.VideoOnly);
        CheckpointWeightSource source = new(checkpoint, TransformerConfiguration.Prefix, device, deltas, cache, options.QuantiseInputs);
        TensorRequirements.Collect(source, structure.RequiredTensors(), problems);
        problems.ThrowIfAny(source.Description);
        return new AudioVideoTransformer(structure, source, options, cancellationToken);
    }

    /// <summary>Allocates the memory of forward passes of one shape.</summary>
    /// <param name="videoTokens">Number of video tokens, appended ones included, ≥ 1.</param>
    /// <param name="videoPositions">[3, tokens, 2]: start and end in seconds, pixel rows, pixel columns.</param>
    /// <param name="audioTokens">Number of audio tokens; 0 gives the video-only result.</param>
    /// <param name="audioPositions">[1, tokens, 2]: start and end in seconds.</param>
    /// <exception cref="ArgumentException">The positions do not fit the tokens, or audio is asked of a video-only model.</exception>
    public TransformerWorkspace CreateWorkspace(int videoTokens, ReadOnlySpan<float> videoPositions, int audioTokens, ReadOnlySpan<float> audioPositions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(videoTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(audioTokens);
        Check.Length(videoPositions.Length, checked(_videoRotary.Axes * videoTokens * 2), nameof(videoPositions), $"start and end of {videoTokens} video tokens on {_videoRotary.Axes} axes");
        if (audioTokens > 0 && Structure.Audio is null)
        {
            throw new ArgumentException($"The model has no audio stream; audio tokens must be 0, not {audioTokens}.", nameof(audioTokens));
        }

        Check.Length(audioPositions.Length, checked((_audioRotary?.Axes ?? 1) * audioTokens * 2), nameof(audioPositions), $"start and end of {audioTokens} audio tokens");
        StreamWorkspace video = Workspace(Structure.Video, _videoRotary, videoTokens, videoPositions);
        StreamWorkspace? audio = null;
        try
        {
            audio = audioTokens > 0 ? Workspace(Structure.Audio!, _audioRotary!, audioTokens, audioPositions) : null;
            ProductScratch scratch = ProductScratch.Allocate(_source, Math.Max(video.LargestInput, audio?.LargestInput ?? 0), Math.Max(videoTokens, audioTokens));
            return new TransformerWorkspace(this, video, audio, scratch);
        }
        catch
        {
            audio?.Dispose();
            video.Dispose();
            throw;
        }
    }

    /// <summary>Allocates what forward passes over a workspace need to skip blocks; dispose it before the workspace.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="limits">When blocks are skipped.</param>
    public ResidualCache CreateResidualCache(TransformerWorkspace workspace, ResidualCacheLimits limits)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new ResidualCache(_device, workspace, limits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _blocks.Dispose();
            _residentText?.Dispose();
            _globals.Dispose();
        }
    }

    private StreamWorkspace Workspace(StreamStructure stream, RotaryEmbedding self, int tokens, ReadOnlySpan<float> positions) =>
        new(
            _device,
            stream,
            Structure.CrossWidth,
            tokens,
            _limits.RowsPerOperation(tokens, 2.0 * stream.Width * stream.HiddenWidth),
            self,
            _crossRotary,
            positions);

    private RotaryEmbedding Rotary(int width, int heads, IReadOnlyList<double> maxPositions) =>
        new(width, heads, Structure.RotaryLayout, Structure.RotaryTheta, [.. maxPositions], Structure.DoublePrecisionRotaryGrid, Structure.UseMiddlePositions);
}
