namespace LtxEngine.Networks.Transformer;

/// <summary>Between velocity and denoised latent.</summary>
internal static class VelocityConversion
{
    /// <summary>x0 = x − t·v per token in fp32 (the original's <c>to_denoised</c>).</summary>
    /// <param name="latent">x: [tokens, channels].</param>
    /// <param name="velocity">v: [tokens, channels].</param>
    /// <param name="timesteps">t: [tokens], σ · denoise mask.</param>
    /// <param name="denoised">Receives x0; may be <paramref name="velocity"/> or <paramref name="latent"/>.</param>
    public static void ToDenoised(ReadOnlySpan<float> latent, ReadOnlySpan<float> velocity, ReadOnlySpan<float> timesteps, Span<float> denoised)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(velocity.Length, latent.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(denoised.Length, latent.Length);
        if (timesteps.IsEmpty ? !latent.IsEmpty : latent.Length % timesteps.Length != 0)
        {
            throw new ArgumentException($"{latent.Length} values cannot belong to {timesteps.Length} tokens.", nameof(timesteps));
        }

        int channels = timesteps.IsEmpty ? 0 : latent.Length / timesteps.Length;
        for (int token = 0; token < timesteps.Length; token++)
        {
            float timestep = timesteps[token];
            for (int i = token * channels; i < (token + 1) * channels; i++)
            {
                denoised[i] = latent[i] - (timestep * velocity[i]);
            }
        }
    }
}
