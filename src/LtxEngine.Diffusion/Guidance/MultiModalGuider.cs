using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Guidance;

/// <summary>
/// The guidance of the published pipelines: classifier-free, spatio-temporal and modality guidance, each with its own scales for video and audio,
/// rescaling, and skipped steps. With neutral parameters it is a single forward pass.
/// </summary>
/// <remarks>
/// Passes are shared by both modalities and run in this order: prompt, negative prompt, perturbed, isolated; at most 4. Only those run that a
/// modality computed in this step needs. A modality whose step is skipped keeps its last guided x0 and its stream is disabled, except in the
/// negative pass, which always runs with both streams (as the original does).
/// </remarks>
public sealed class MultiModalGuider : IGuider
{
    private readonly SigmaBins<GuidanceSet> _sets;

    /// <summary>Creates a guider whose parameters are the same in every step.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public MultiModalGuider(GuidanceParameters parameters)
        : this([new KeyValuePair<double, GuidanceParameters>(1, parameters)])
    {
    }

    /// <summary>Creates a guider whose parameters depend on sigma.</summary>
    /// <param name="bins">
    /// Upper ends of ranges of sigma with their parameters: the smallest key at or above sigma counts, or the largest key when sigma lies above all.
    /// </param>
    /// <exception cref="ArgumentException">There is no bin, or a key occurs twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A key or parameter is outside its range.</exception>
    public MultiModalGuider(IReadOnlyCollection<KeyValuePair<double, GuidanceParameters>> bins)
    {
        ArgumentNullException.ThrowIfNull(bins);
        _sets = new SigmaBins<GuidanceSet>(bins.Select(static bin => KeyValuePair.Create(bin.Key, new GuidanceSet(bin.Value))));
        MaximumPasses = _sets.Values.Max(static set => set.MaximumPasses);
    }

    /// <inheritdoc/>
    public int MaximumPasses { get; }

    /// <summary>The parameters by range of sigma: two guiders with equal bins give equal results.</summary>
    internal IReadOnlyList<KeyValuePair<double, GuidanceParameters>> Bins => [.. _sets.Keys.Zip(_sets.Values, static (sigma, set) => KeyValuePair.Create(sigma, set.Parameters))];

    /// <inheritdoc/>
    public void Guide(GuidanceStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        GuidanceSet set = _sets.At(step.Sigma);
        ModalityGuidance video = set.Parameters.Video;
        ModalityGuidance audio = set.Parameters.Audio;
        bool hasAudio = step.State.Audio is not null;
        bool computeVideo = !step.HasPrevious || video.IsComputedAt(step.Index);
        bool computeAudio = hasAudio && (!step.HasPrevious || audio.IsComputedAt(step.Index));
        if (!computeVideo && !computeAudio)
        {
            return;
        }

        GuidancePrediction conditional = step.Predict(GuidancePass.Conditional, computeVideo, computeAudio);
        GuidancePrediction negative = default;
        GuidancePrediction perturbed = default;
        GuidancePrediction isolated = default;
        if ((computeVideo && video.UsesNegative) || (computeAudio && audio.UsesNegative))
        {
            negative = step.Predict(GuidancePass.Unconditional);
        }

        if ((computeVideo && video.UsesPerturbation) || (computeAudio && audio.UsesPerturbation))
        {
            perturbed = step.Predict(set.Perturbed, computeVideo, computeAudio);
        }

        // Without audio there is no attention between the modalities, so the term is zero.
        if (hasAudio && ((computeVideo && video.UsesModalityIsolation) || (computeAudio && audio.UsesModalityIsolation)))
        {
            isolated = step.Predict(GuidancePass.IsolatedModalities, computeVideo, computeAudio);
        }

        if (computeVideo)
        {
            GuidanceArithmetic.Combine(
                video, conditional.Video, negative.Video, perturbed.Video, isolated.Video, step.Guided(Modality.Video));
        }

        if (computeAudio)
        {
            GuidanceArithmetic.Combine(
                audio, conditional.Audio, negative.Audio, perturbed.Audio, isolated.Audio, step.Guided(Modality.Audio));
        }
    }
}
