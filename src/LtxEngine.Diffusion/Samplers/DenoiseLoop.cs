using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>
/// Walks the latents of video and audio together from noise to the clip: for every step of the schedule the sampler evaluates the guided
/// model and advances both streams. Working memory is allocated in the first step; later steps allocate nothing.
/// </summary>
/// <remarks>An instance may run any number of loops, also at the same time if its denoiser allows that.</remarks>
public sealed class DenoiseLoop
{
    private readonly IDenoiser _denoiser;
    private readonly IGuider _guider;
    private readonly ISampler _sampler;

    /// <summary>Puts the parts of a loop together.</summary>
    /// <param name="denoiser">The model.</param>
    /// <param name="guider">The guidance.</param>
    /// <param name="sampler">The sampler.</param>
    public DenoiseLoop(IDenoiser denoiser, IGuider guider, ISampler sampler)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(guider);
        ArgumentNullException.ThrowIfNull(sampler);
        _denoiser = denoiser;
        _guider = guider;
        _sampler = sampler;
    }

    /// <summary>Runs the loop; <see cref="LatentState.Latent"/> of every stream holds the result afterwards.</summary>
    /// <param name="state">The noised streams at the first sigma.</param>
    /// <param name="sigmas">The schedule: at least 2 values in [0, 1], strictly decreasing.</param>
    /// <param name="options">Progress, observer, noise, a saved run to resume; null for none.</param>
    /// <param name="cancellationToken">Ends the loop before the next forward pass.</param>
    /// <exception cref="ArgumentException">The schedule is not one, or the saved run does not fit.</exception>
    /// <exception cref="OperationCanceledException">The loop was cancelled; the latents are then of no use.</exception>
    public void Run(
        AudioVideoState state, ReadOnlySpan<double> sigmas, DenoiseLoopOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        SigmaList.Validate(sigmas, nameof(sigmas));
        options ??= new DenoiseLoopOptions();
        double[] walked = _sampler.PrepareSigmas(sigmas);
        SigmaList.Validate(walked, nameof(sigmas));
        int total = walked.Length - 1;
        int first = options.Resume?.CompletedSteps ?? 0;
        Require.InRange(first, 0, total, nameof(DenoiseSnapshot.CompletedSteps));
        SamplerStep step = new(state, walked, first, _denoiser, _guider, options, cancellationToken);
        if (options.Resume is { } saved)
        {
            step.Restore(saved);
        }

        for (int index = first; index < total; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            step.Index = index;
            _sampler.Step(step);
            options.Observer?.OnStep(step);
            options.Progress?.Report(new DenoiseProgress(index + 1, total, walked[index + 1]));
        }
    }
}
