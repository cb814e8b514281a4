namespace LtxEngine.Diffusion.Samplers;

/// <summary>The Euler method, one forward evaluation per step: the sampler of all shipped 19B pipelines.</summary>
public sealed class EulerSampler : ISampler
{
    /// <inheritdoc/>
    public void Step(SamplerStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Evaluate(step.Sigma);
        foreach (SamplerStream stream in step.Streams)
        {
            EulerStep.Advance(stream.Latent, stream.Denoised, step.Sigma, step.NextSigma);
        }
    }
}
