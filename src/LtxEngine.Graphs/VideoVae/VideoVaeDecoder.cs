using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>The video VAE's decoder: whole clips, or tile by tile as a stream of finished frames. Thread-safe; owns its session.</summary>
internal sealed partial class VideoVaeDecoder : IDisposable
{
    private readonly GraphSession _session;

    private VideoVaeDecoder(VideoVaeConfiguration configuration, GraphSession session)
    {
        Configuration = configuration;
        _session = session;
    }

    /// <summary>The structure.</summary>
    public VideoVaeConfiguration Configuration { get; }

    /// <summary>Loads the decoder of a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint; may be closed afterwards.</param>
    /// <param name="options">How to run the graph; null for the defaults.</param>
    /// <param name="taps">Intermediate tensors to hand out from <see cref="DecodeWithTaps"/>.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ModelFormatException">The configuration or tensors do not describe a decoder.</exception>
    /// <exception cref="GraphException">The graph could not be loaded.</exception>
    public static VideoVaeDecoder Load(
        ITensorCollection checkpoint, GraphSessionOptions? options = null, IReadOnlySet<string>? taps = null, CancellationToken cancellationToken = default)
    {
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(checkpoint);
        OnnxGraph graph = VideoVaeGraphs.BuildDecoder(checkpoint, configuration, taps: taps);
        return new VideoVaeDecoder(configuration, GraphSession.Create(graph, options, cancellationToken));
    }

    /// <summary>Decodes a whole clip at once. Memory grows with the clip: use <see cref="DecodeStream"/> for anything but small ones.</summary>
    /// <param name="latent">The normalised latent <c>[1, C, F, H, W]</c>; H and W at least 2 where the decoder mirrors its edges.</param>
    /// <param name="conditioning">Needed by a timestep-conditioned decoder, ignored by others.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>The video <c>[1, 3, 8(F − 1) + 1, 32H, 32W]</c>, nominally in [−1, 1], not clamped.</returns>
    /// <exception cref="ArgumentException">The shape is not one that the decoder takes, or the conditioning is missing.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    public HostTensor Decode(HostTensor latent, VideoDecodeConditioning? conditioning = null, CancellationToken cancellationToken = default) =>
        DecodeWithTaps(latent, conditioning, cancellationToken)[VideoVaeGraphs.VideoName];

    /// <summary>Decodes and returns the video under <c>video</c> along with the taps asked for at loading.</summary>
    /// <inheritdoc cref="Decode"/>
    public IReadOnlyDictionary<string, HostTensor> DecodeWithTaps(
        HostTensor latent, VideoDecodeConditioning? conditioning = null, CancellationToken cancellationToken = default)
    {
        CheckLatent(latent);
        CheckConditioning(conditioning);
        CheckTileSize(latent.Shape);
        return DecodeWhole(latent, conditioning, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private IReadOnlyDictionary<string, HostTensor> DecodeWhole(HostTensor latent, VideoDecodeConditioning? conditioning, CancellationToken cancellationToken)
    {
        if (_session.Outputs.Length > 1)
        {
            return _session.Run(Inputs(latent, 0, conditioning), cancellationToken);
        }

        HostTensor video = HostTensor.Zeros(VideoShape(latent.Shape).Dimensions.AsSpan());
        DecodeInto(latent, 0, conditioning, video.Data, cancellationToken);
        return new Dictionary<string, HostTensor>(StringComparer.Ordinal) { [VideoVaeGraphs.VideoName] = video };
    }

    /// <summary>The graph writes straight into the caller's pixels, so that they exist once.</summary>
    private void DecodeInto(HostTensor latent, int tile, VideoDecodeConditioning? conditioning, Memory<float> pixels, CancellationToken cancellationToken)
    {
        Dictionary<string, GraphTensor> outputs = new(StringComparer.Ordinal) { [VideoVaeGraphs.VideoName] = GraphTensor.From(pixels, VideoShape(latent.Shape)) };
        _session.RunInto(Inputs(latent, tile, conditioning), outputs, cancellationToken);
    }

    private Dictionary<string, GraphTensor> Inputs(HostTensor latent, int tile, VideoDecodeConditioning? conditioning)
    {
        Dictionary<string, GraphTensor> inputs = new(StringComparer.Ordinal) { [VideoVaeGraphs.LatentName] = latent };
        if (Configuration.IsTimestepConditioned)
        {
            TensorShape scalar = new(1);
            inputs.Add(VideoVaeGraphs.NoiseName, conditioning!.Noise(tile, latent.Shape));
            inputs.Add(VideoVaeGraphs.NoiseScaleName, new HostTensor(scalar, [conditioning.NoiseScale]));
            inputs.Add(VideoVaeGraphs.TimestepName, new HostTensor(scalar, [conditioning.Timestep]));
        }

        return inputs;
    }

    private TensorShape VideoShape(TensorShape latent) => new(
        1,
        Configuration.ImageChannels,
        checked(1 + (Configuration.TimeScale * (latent[2] - 1))),
        checked(Configuration.SpaceScale * latent[3]),
        checked(Configuration.SpaceScale * latent[4]));

    private void CheckTileSize(TensorShape latent)
    {
        long values;
        try
        {
            values = VideoShape(latent).ElementCount;
        }
        catch (OverflowException)
        {
            values = long.MaxValue;
        }

        if (values > Array.MaxLength)
        {
            throw new ArgumentException(
                $"A latent of shape {latent} decodes to more values than one tensor holds ({Array.MaxLength}); decode it in smaller tiles.", nameof(latent));
        }
    }

    private void CheckLatent(HostTensor latent)
    {
        ArgumentNullException.ThrowIfNull(latent);
        TensorShape shape = latent.Shape;
        int smallest = Configuration.DecoderPadding == SpatialPadding.Reflect ? 2 : 1;
        bool legal = shape.Rank == 5 && shape[0] == 1 && shape[1] == Configuration.LatentChannels && shape[2] >= 1 && shape[3] >= smallest && shape[4] >= smallest;
        if (!legal)
        {
            throw new ArgumentException(
                $"The latent has shape {shape}; the decoder takes [1, {Configuration.LatentChannels}, frames, height, width] "
                + $"with frames ≥ 1, height and width ≥ {smallest} (that is {smallest * Configuration.SpaceScale} pixels).",
                nameof(latent));
        }
    }

    private void CheckConditioning(VideoDecodeConditioning? conditioning)
    {
        if (Configuration.IsTimestepConditioned && conditioning is null)
        {
            throw new ArgumentException("This checkpoint's decoder is conditioned on a timestep: give it a timestep, a noise scale and noise.", nameof(conditioning));
        }
    }
}
