using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Planning;
using LtxEngine.Previews;

namespace LtxEngine.Pipeline;

/// <summary>Makes the latents of a clip: one denoise loop, or two with the upscaler between them; from the start, or from a saved step on.</summary>
/// <param name="denoiser">The loop.</param>
/// <param name="upscaler">What lies between two loops.</param>
internal sealed class ClipDenoiser(LatentDenoiser denoiser, LatentUpscaler upscaler)
{
    /// <summary>Runs the stages of the plan.</summary>
    /// <param name="plan">The stages and the seed.</param>
    /// <param name="prompts">The encoded prompts.</param>
    /// <param name="images">Conditioning items of each stage.</param>
    /// <param name="checkpoint">Where each step is saved, and the step to go on from; null for neither.</param>
    /// <param name="previews">Shows the clip after each step; null for nobody.</param>
    /// <param name="clock">Times the stages.</param>
    /// <param name="cancellationToken">Stops within one device operation.</param>
    /// <returns>The finished latents.</returns>
    public ClipLatents Denoise(
        GenerationPlan plan,
        EncodedPrompts prompts,
        IReadOnlyList<IConditioningItem>[] images,
        RequestCheckpoint? checkpoint,
        PreviewPainter? previews,
        RequestClock clock,
        CancellationToken cancellationToken)
    {
        SavedStage? saved = checkpoint?.Saved;
        NoiseGenerator noise = saved is null ? new NoiseGenerator(plan.Seed) : new NoiseGenerator(saved.Noise);
        ClipLatents? upscaled = saved?.Initial;
        if (upscaled is null)
        {
            ClipLatents latents = Run(0, plan.Stage, prompts, initial: null, saved);
            if (plan.SecondStage is null)
            {
                return latents;
            }

            saved = null;
            upscaled = clock.Run(GenerationStage.Upscaling, () => upscaler.Upscale(latents, clock, cancellationToken));
        }

        return Run(1, plan.SecondStage!, prompts with { Negative = null }, upscaled, saved);

        ClipLatents Run(int index, DenoiseStage stage, EncodedPrompts stagePrompts, ClipLatents? initial, SavedStage? resume)
        {
            // A step is safe before anybody is told of it.
            IStageObserver? observer = StageObservers.Create(
                checkpoint is null ? null : new StageSaver(checkpoint, index, initial, noise),
                previews is null ? null : new PreviewObserver(previews, stage, clock));
            return clock.Run(
                stage.Name,
                () => denoiser.Denoise(stage, stagePrompts, images[index], initial, noise, resume, clock, observer, cancellationToken),
                stage.Steps);
        }
    }
}
