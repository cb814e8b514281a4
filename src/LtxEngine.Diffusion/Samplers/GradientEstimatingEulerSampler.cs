namespace LtxEngine.Diffusion.Samplers;

/// <summary>
/// Euler with gradient estimation: the velocity is extrapolated from the one of the previous step, so that 20 to 30 steps do the work of 40.
/// </summary>
/// <remarks>
/// u = (x − x0)/σ; with a previous velocity p: u' = γ·(u − p) + p and x0 ← x − σ·u'; then p ← u and an Euler step.
/// The last step, to σ = 0, takes the uncorrected x0.
/// </remarks>
public sealed class GradientEstimatingEulerSampler : ISampler
{
    private const int PreviousVelocity = 0;

    /// <summary>Creates the sampler.</summary>
    /// <param name="gamma">Strength γ of the extrapolation; 1 is plain Euler. Default 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">Gamma is not finite.</exception>
    public GradientEstimatingEulerSampler(double gamma = 2.0)
    {
        Require.Finite(gamma, nameof(gamma));
        Gamma = gamma;
    }

    /// <summary>Strength γ of the extrapolation.</summary>
    public double Gamma { get; }

    /// <inheritdoc/>
    public void Step(SamplerStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Evaluate(step.Sigma);
        foreach (SamplerStream stream in step.Streams)
        {
            if (step.NextSigma == 0)
            {
                stream.Denoised.CopyTo(stream.Latent);
            }
            else
            {
                Extrapolate(stream, (float)step.Sigma);
                EulerStep.Advance(stream.Latent, stream.Denoised, step.Sigma, step.NextSigma);
            }
        }
    }

    private void Extrapolate(SamplerStream stream, float sigma)
    {
        bool hasPrevious = stream.HasCarried(PreviousVelocity);
        float gamma = (float)Gamma;
        ReadOnlySpan<float> latent = stream.Latent;
        Span<float> denoised = stream.Denoised;
        Span<float> previous = stream.Carried(PreviousVelocity);
        for (int i = 0; i < latent.Length; i++)
        {
            float velocity = (latent[i] - denoised[i]) / sigma;
            if (hasPrevious)
            {
                float total = (gamma * (velocity - previous[i])) + previous[i];
                denoised[i] = latent[i] - (sigma * total);
            }

            previous[i] = velocity;
        }
    }
}
