using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>The loaded encoder of the audio VAE. Owns its session; runs may overlap.</summary>
internal sealed class AudioVaeEncoder : IDisposable
{
    private readonly GraphSession _session;

    private AudioVaeEncoder(GraphSession session) => _session = session;

    /// <summary>Builds and loads the encoder of a checkpoint; the checkpoint may be closed afterwards.</summary>
    /// <param name="checkpoint">An open checkpoint with the encoder.</param>
    /// <param name="options">How to load it; null for the defaults. The number of threads is fixed, see <see cref="FixedThreads"/>.</param>
    /// <param name="taps">Intermediate tensors to hand out, see <see cref="AudioVaeEncoderGraph.Build"/>; null for none.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    /// <exception cref="GraphException">ONNX Runtime cannot be loaded or refuses the graph.</exception>
    public static AudioVaeEncoder Load(
        ITensorCollection checkpoint, GraphSessionOptions? options = null, IReadOnlySet<string>? taps = null, CancellationToken cancellationToken = default) =>
        new(GraphSession.Create(AudioVaeEncoderGraph.Build(checkpoint, taps), FixedThreads.Apply(options), cancellationToken));

    /// <summary>Encodes a spectrogram (see <see cref="LogMelFrontEnd"/>).</summary>
    /// <param name="mel">Log-mel <c>[batch, 2, time, mel bins]</c>, at least one time step.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>Normalised latents <c>[batch, channels, ⌈time / 4⌉, bins]</c>.</returns>
    /// <exception cref="ArgumentException">The spectrogram does not fit the model.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    public HostTensor Encode(HostTensor mel, CancellationToken cancellationToken = default) =>
        EncodeWithTaps(mel, cancellationToken)[AudioVaeEncoderGraph.LatentOutput];

    /// <summary>Encodes a spectrogram and returns the intermediate tensors as well, by name.</summary>
    /// <inheritdoc cref="Encode"/>
    public IReadOnlyDictionary<string, HostTensor> EncodeWithTaps(HostTensor mel, CancellationToken cancellationToken = default) =>
        _session.Run(new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [AudioVaeEncoderGraph.MelInput] = mel }, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
