using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Pipeline;
using LtxEngine.Planning;

namespace LtxEngine.Previews;

/// <summary>Reports a picture of the clip after every step of a stage, from the predicted clean latent of the step's last evaluation. A picture that may not be shown is left out of the report.</summary>
/// <param name="painter">Makes the pictures.</param>
/// <param name="stage">The stage.</param>
/// <param name="clock">Is told.</param>
internal sealed class PreviewObserver(PreviewPainter painter, DenoiseStage stage, RequestClock clock) : IStageObserver
{
    /// <inheritdoc/>
    public void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas)
    {
    }

    /// <inheritdoc/>
    public void OnStep(SamplerStep step) => clock.Report(new GenerationProgress
    {
        Stage = stage.Name,
        Step = Math.Min(step.Index + 1, stage.Steps),
        Steps = stage.Steps,
        Sigma = step.NextSigma,
        Preview = painter.Paint(stage, step.Streams[0].Denoised),
    });
}
