namespace LtxEngine.Diffusion.Samplers;

/// <summary>The Euler update that several samplers share.</summary>
internal static class EulerStep
{
    /// <summary>Moves along the straight line through the prediction: <c>u = (x − x0)/σ; x ← x + u·(σ' − σ)</c>, in fp32.</summary>
    /// <param name="latent">The latent x, advanced in place.</param>
    /// <param name="denoised">The blended prediction x0.</param>
    /// <param name="sigma">σ, above 0.</param>
    /// <param name="nextSigma">σ', below σ.</param>
    public static void Advance(Span<float> latent, ReadOnlySpan<float> denoised, double sigma, double nextSigma)
    {
        float divisor = (float)sigma;
        float difference = (float)(nextSigma - sigma);
        denoised = denoised[..latent.Length];
        for (int i = 0; i < latent.Length; i++)
        {
            float velocity = (latent[i] - denoised[i]) / divisor;
            latent[i] += velocity * difference;
        }
    }
}
