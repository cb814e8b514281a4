using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>The loaded decoder of the audio VAE. Owns its session; runs may overlap.</summary>
internal sealed class AudioVaeDecoder : IDisposable
{
    private readonly GraphSession _session;

    private AudioVaeDecoder(GraphSession session) => _session = session;

    /// <summary>Builds and loads the decoder of a checkpoint; the checkpoint may be closed afterwards.</summary>
    /// <param name="checkpoint">An open checkpoint with the decoder.</param>
    /// <param name="options">How to load it; null for the defaults. The number of threads is fixed, see <see cref="FixedThreads"/>.</param>
    /// <param name="taps">Intermediate tensors to hand out, see <see cref="AudioVaeDecoderGraph.Build"/>; null for none.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    /// <exception cref="GraphException">ONNX Runtime cannot be loaded or refuses the graph.</exception>
    public static AudioVaeDecoder Load(
        ITensorCollection checkpoint, GraphSessionOptions? options = null, IReadOnlySet<string>? taps = null, CancellationToken cancellationToken = default) =>
        new(GraphSession.Create(AudioVaeDecoderGraph.Build(checkpoint, taps), FixedThreads.Apply(options), cancellationToken));

    /// <summary>Decodes latents.</summary>
    /// <param name="latent">Normalised latents <c>[batch, channels, frames, bins]</c>, 19B: <c>[1, 8, L, 16]</c>.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>The log-mel spectrogram <c>[batch, 2, 4·frames − 3, mel bins]</c>.</returns>
    /// <exception cref="ArgumentException">The latents do not fit the model.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    public HostTensor Decode(HostTensor latent, CancellationToken cancellationToken = default) =>
        DecodeWithTaps(latent, cancellationToken)[AudioVaeDecoderGraph.MelOutput];

    /// <summary>Decodes latents and returns the intermediate tensors as well, by name.</summary>
    /// <inheritdoc cref="Decode"/>
    public IReadOnlyDictionary<string, HostTensor> DecodeWithTaps(HostTensor latent, CancellationToken cancellationToken = default) =>
        _session.Run(new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [AudioVaeDecoderGraph.LatentInput] = latent }, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
