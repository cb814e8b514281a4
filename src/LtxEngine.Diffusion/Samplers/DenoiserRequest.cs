using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>One forward pass: the latents, the noise level, the kind of pass and the memory for the prediction. Reused from pass to pass.</summary>
public sealed class DenoiserRequest
{
    private float[] _videoPrediction = [];
    private float[] _audioPrediction = [];

    internal DenoiserRequest(AudioVideoState state, CancellationToken cancellationToken)
    {
        State = state;
        CancellationToken = cancellationToken;
    }

    /// <summary>The latents, masks and positions of the streams; <see cref="AudioVideoState.Audio"/> is null when audio is off.</summary>
    public AudioVideoState State { get; }

    /// <summary>The global sigma in (0, 1]; the noise level of a token is this times its denoise mask.</summary>
    public double Sigma { get; private set; }

    /// <summary>Index of the step of the schedule that this pass belongs to.</summary>
    public int StepIndex { get; private set; }

    /// <summary>Number of this pass within its evaluation, from 0.</summary>
    public int PassIndex { get; private set; }

    /// <summary>Prompt and perturbations of this pass.</summary>
    public GuidancePass Pass { get; private set; } = GuidancePass.Conditional;

    /// <summary>Whether the video stream is advanced; when false it only serves the audio stream as keys and values and its prediction is not read.</summary>
    public bool VideoEnabled { get; private set; } = true;

    /// <summary>Whether the audio stream is advanced; when false it only serves the video stream as keys and values and its prediction is not read.</summary>
    public bool AudioEnabled { get; private set; } = true;

    /// <summary>Cancels the pass.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Memory for the predicted x0 of a stream, <c>[tokens, channels]</c>; empty for audio when audio is off.</summary>
    /// <param name="modality">The stream.</param>
    public Span<float> Prediction(Modality modality) => modality == Modality.Video ? _videoPrediction : _audioPrediction;

    internal void Prepare(int stepIndex, double sigma)
    {
        StepIndex = stepIndex;
        Sigma = sigma;
    }

    internal void Prepare(GuidancePass pass, int passIndex, bool videoEnabled, bool audioEnabled, float[] videoPrediction, float[] audioPrediction)
    {
        Pass = pass;
        PassIndex = passIndex;
        VideoEnabled = videoEnabled;
        AudioEnabled = audioEnabled;
        _videoPrediction = videoPrediction;
        _audioPrediction = audioPrediction;
    }
}
