using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Guidance;

/// <summary>The x0 predictions of one forward pass; valid until the evaluation ends.</summary>
public readonly ref struct GuidancePrediction
{
    internal GuidancePrediction(ReadOnlySpan<float> video, ReadOnlySpan<float> audio)
    {
        Video = video;
        Audio = audio;
    }

    /// <summary>Video, <c>[tokens, channels]</c>.</summary>
    public ReadOnlySpan<float> Video { get; }

    /// <summary>Audio, <c>[tokens, channels]</c>; empty when audio is off.</summary>
    public ReadOnlySpan<float> Audio { get; }

    /// <summary>The prediction of one stream.</summary>
    /// <param name="modality">The stream.</param>
    public ReadOnlySpan<float> this[Modality modality] => modality == Modality.Video ? Video : Audio;
}
