using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Diffusion.Guidance;

/// <summary>One evaluation of the model at one noise level, as a guider sees it. Reused from evaluation to evaluation.</summary>
public sealed class GuidanceStep
{
    private readonly IDenoiser _denoiser;
    private readonly DenoiserRequest _request;
    private readonly List<float[]> _videoPredictions = [];
    private readonly List<float[]> _audioPredictions = [];
    private readonly float[] _videoGuided;
    private readonly float[] _audioGuided;
    private int _passes;

    internal GuidanceStep(IDenoiser denoiser, AudioVideoState state, CancellationToken cancellationToken)
    {
        _denoiser = denoiser;
        State = state;
        _request = new DenoiserRequest(state, cancellationToken);
        _videoGuided = new float[state.Video.Latent.Length];
        _audioGuided = state.Audio is null ? [] : new float[state.Audio.Latent.Length];
    }

    /// <summary>The streams.</summary>
    public AudioVideoState State { get; }

    /// <summary>
    /// Index that guidance which skips steps goes by: the step's index, and 0 for the inner evaluations of a multi-stage sampler,
    /// which are never skipped.
    /// </summary>
    public int Index { get; private set; }

    /// <summary>The global sigma of this evaluation.</summary>
    public double Sigma { get; private set; }

    /// <summary>Whether <see cref="Guided"/> holds the result of an earlier evaluation.</summary>
    public bool HasPrevious { get; internal set; }

    /// <summary>Memory for the guided x0 of a stream, <c>[tokens, channels]</c>; empty for audio when audio is off.</summary>
    /// <param name="modality">The stream.</param>
    public Span<float> Guided(Modality modality) => modality == Modality.Video ? _videoGuided : _audioGuided;

    /// <summary>Runs one forward pass.</summary>
    /// <param name="pass">Prompt and perturbations.</param>
    /// <param name="videoEnabled">False to leave the video stream as it is (its prediction is then undefined).</param>
    /// <param name="audioEnabled">False to leave the audio stream as it is (its prediction is then undefined).</param>
    /// <returns>The predictions, valid until the evaluation ends.</returns>
    public GuidancePrediction Predict(GuidancePass pass, bool videoEnabled = true, bool audioEnabled = true)
    {
        ArgumentNullException.ThrowIfNull(pass);
        _request.CancellationToken.ThrowIfCancellationRequested();
        if (_passes == _videoPredictions.Count)
        {
            _videoPredictions.Add(new float[_videoGuided.Length]);
            _audioPredictions.Add(new float[_audioGuided.Length]);
        }

        float[] video = _videoPredictions[_passes];
        float[] audio = _audioPredictions[_passes];
        _request.Prepare(pass, _passes, videoEnabled, audioEnabled && audio.Length > 0, video, audio);
        _passes++;
        _denoiser.Denoise(_request);
        return new GuidancePrediction(video, audio);
    }

    internal void Evaluate(IGuider guider, int stepIndex, int guidanceIndex, double sigma)
    {
        _passes = 0;
        Index = guidanceIndex;
        Sigma = sigma;
        _request.Prepare(stepIndex, sigma);
        guider.Guide(this);
        HasPrevious = true;
    }
}
