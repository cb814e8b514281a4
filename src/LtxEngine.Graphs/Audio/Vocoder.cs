using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>The loaded vocoder. Owns its session; runs may overlap.</summary>
internal sealed class Vocoder : IDisposable
{
    private readonly GraphSession _session;

    private Vocoder(GraphSession session, VocoderConfiguration configuration)
    {
        _session = session;
        Configuration = configuration;
    }

    /// <summary>The vocoder's configuration.</summary>
    public VocoderConfiguration Configuration { get; }

    /// <summary>Samples per second and channel of the waveform [24000].</summary>
    public int SampleRate => Configuration.OutputSampleRate;

    /// <summary>Builds and loads the vocoder of a checkpoint; the checkpoint may be closed afterwards.</summary>
    /// <param name="checkpoint">An open checkpoint with the vocoder.</param>
    /// <param name="options">How to load it; null for the defaults. The number of threads is fixed, see <see cref="FixedThreads"/>.</param>
    /// <param name="taps">Intermediate tensors to hand out, see <see cref="VocoderGraph.Build"/>; null for none.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    /// <exception cref="GraphException">ONNX Runtime cannot be loaded or refuses the graph.</exception>
    public static Vocoder Load(
        ITensorCollection checkpoint, GraphSessionOptions? options = null, IReadOnlySet<string>? taps = null, CancellationToken cancellationToken = default) =>
        new(GraphSession.Create(VocoderGraph.Build(checkpoint, taps), FixedThreads.Apply(options), cancellationToken), VocoderConfiguration.Read(checkpoint));

    /// <summary>Turns a spectrogram into sound.</summary>
    /// <param name="mel">Log-mel <c>[batch, 2, time, mel bins]</c>.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>The waveform <c>[batch, 2, samples]</c> in (−1, 1), channel 0 left; 19B: 240 samples per time step at 24 kHz.</returns>
    /// <exception cref="ArgumentException">The spectrogram does not fit the model.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    public HostTensor Synthesize(HostTensor mel, CancellationToken cancellationToken = default) =>
        SynthesizeWithTaps(mel, cancellationToken)[VocoderGraph.WaveformOutput];

    /// <summary>Turns a spectrogram into sound and returns the intermediate tensors as well, by name.</summary>
    /// <inheritdoc cref="Synthesize"/>
    public IReadOnlyDictionary<string, HostTensor> SynthesizeWithTaps(HostTensor mel, CancellationToken cancellationToken = default) =>
        _session.Run(new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [VocoderGraph.MelInput] = mel }, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
