using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Planning;

namespace LtxEngine.Estimation;

/// <summary>
/// Counts the forward passes of a denoise loop by running it on a clip of a few numbers: samplers and guiders decide themselves what they
/// evaluate, users' own ones too.
/// </summary>
internal sealed class PassCounter : IDenoiser
{
    private const int Tokens = 2;
    private const int Channels = 4;

    private readonly Dictionary<CountedPass, int> _counts = [];

    private PassCounter()
    {
    }

    /// <summary>Counts the passes of a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="cancellationToken">Stops counting.</param>
    /// <returns>Each kind of pass with how often it runs.</returns>
    public static IReadOnlyDictionary<CountedPass, int> Count(DenoiseStage stage, CancellationToken cancellationToken)
    {
        PassCounter counter = new();
        LatentState video = Noise(new LatentState(Modality.Video, Tokens, Tokens, Channels, Positions.VideoAxes));
        LatentState? audio = stage.AudioShape is null ? null : Noise(new LatentState(Modality.Audio, Tokens, Tokens, Channels, Positions.AudioAxes));
        new DenoiseLoop(counter, stage.Guider, stage.Sampler).Run(new AudioVideoState(video, audio), [.. stage.Sigmas], options: null, cancellationToken);
        return counter._counts;
    }

    /// <inheritdoc/>
    public void Denoise(DenoiserRequest request)
    {
        CountedPass pass = new(request.Pass, request.VideoEnabled, request.AudioEnabled);
        _counts[pass] = _counts.GetValueOrDefault(pass) + 1;
        Halve(request.State.Video.Latent, request.Prediction(Modality.Video));
        Halve(request.State.Audio is { } audio ? audio.Latent : [], request.Prediction(Modality.Audio));
    }

    private static void Halve(ReadOnlySpan<float> latent, Span<float> prediction)
    {
        for (int i = 0; i < prediction.Length; i++)
        {
            prediction[i] = latent[i] / 2;
        }
    }

    /// <summary>Values that differ, so that nothing is divided by a spread of zero.</summary>
    private static LatentState Noise(LatentState state)
    {
        for (int i = 0; i < state.Latent.Length; i++)
        {
            state.Latent[i] = ((i * 7) % 5) - 2;
        }

        return state;
    }
}
