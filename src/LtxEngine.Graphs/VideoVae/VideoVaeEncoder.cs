using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>The video VAE's encoder. Thread-safe; owns its session.</summary>
internal sealed class VideoVaeEncoder : IDisposable
{
    private readonly GraphSession _session;

    private VideoVaeEncoder(VideoVaeConfiguration configuration, GraphSession session)
    {
        Configuration = configuration;
        _session = session;
    }

    /// <summary>The structure.</summary>
    public VideoVaeConfiguration Configuration { get; }

    /// <summary>Loads the encoder of a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint; may be closed afterwards.</param>
    /// <param name="options">How to run the graph; null for the defaults.</param>
    /// <param name="taps">Intermediate tensors to hand out from <see cref="EncodeWithTaps"/>.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ModelFormatException">The configuration or tensors do not describe an encoder.</exception>
    /// <exception cref="GraphException">The graph could not be loaded.</exception>
    public static VideoVaeEncoder Load(
        ITensorCollection checkpoint, GraphSessionOptions? options = null, IReadOnlySet<string>? taps = null, CancellationToken cancellationToken = default)
    {
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(checkpoint);
        OnnxGraph graph = VideoVaeGraphs.BuildEncoder(checkpoint, configuration, taps: taps);
        return new VideoVaeEncoder(configuration, GraphSession.Create(graph, options, cancellationToken));
    }

    /// <summary>Encodes a clip or a picture.</summary>
    /// <param name="video"><c>[1, 3, F, H, W]</c> in [−1, 1]; F is 1 more than a multiple of the time scale (8), H and W multiples of the space scale (32).</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>The normalised latent <c>[1, C, 1 + (F − 1)/8, H/32, W/32]</c>.</returns>
    /// <exception cref="ArgumentException">The shape is not one that the encoder takes.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    public HostTensor Encode(HostTensor video, CancellationToken cancellationToken = default) =>
        EncodeWithTaps(video, cancellationToken)[VideoVaeGraphs.LatentName];

    /// <summary>Encodes and returns the latent under <c>latent</c> along with the taps asked for at loading.</summary>
    /// <inheritdoc cref="Encode"/>
    public IReadOnlyDictionary<string, HostTensor> EncodeWithTaps(HostTensor video, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(video);
        TensorShape shape = video.Shape;
        int time = Configuration.TimeScale;
        int space = Configuration.SpaceScale;
        bool legal = shape.Rank == 5 && shape[0] == 1 && shape[1] == Configuration.ImageChannels
            && shape[2] >= 1 && (shape[2] - 1) % time == 0
            && shape[3] >= space && shape[3] % space == 0
            && shape[4] >= space && shape[4] % space == 0;
        if (!legal)
        {
            throw new ArgumentException(
                $"The video has shape {shape}; the encoder takes [1, {Configuration.ImageChannels}, frames, height, width] "
                + $"with frames = {time}·k + 1, height and width multiples of {space}.",
                nameof(video));
        }

        return _session.Run(new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [VideoVaeGraphs.VideoName] = video }, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
