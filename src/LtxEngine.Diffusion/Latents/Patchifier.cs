namespace LtxEngine.Diffusion.Latents;

/// <summary>Turns latents into tokens and back; patches are single cells, so these are pure transpositions.</summary>
internal static class Patchifier
{
    /// <summary>Video latent to tokens: <c>[channels, frames, height, width] → [frames·height·width, channels]</c>, width fastest.</summary>
    /// <param name="latent">The latent.</param>
    /// <param name="channels">Its channels, at least 1.</param>
    /// <param name="tokens">Receives the tokens; as long as the latent.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void PatchifyVideo(ReadOnlySpan<float> latent, int channels, Span<float> tokens)
    {
        int cells = CellCount(latent.Length, channels, tokens.Length);
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<float> plane = latent.Slice(channel * cells, cells);
            for (int cell = 0; cell < plane.Length; cell++)
            {
                tokens[(cell * channels) + channel] = plane[cell];
            }
        }
    }

    /// <summary>Tokens to video latent, the inverse of <see cref="PatchifyVideo"/>.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="channels">Values per token, at least 1.</param>
    /// <param name="latent">Receives the latent; as long as the tokens.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void UnpatchifyVideo(ReadOnlySpan<float> tokens, int channels, Span<float> latent)
    {
        int cells = CellCount(tokens.Length, channels, latent.Length);
        for (int channel = 0; channel < channels; channel++)
        {
            Span<float> plane = latent.Slice(channel * cells, cells);
            for (int cell = 0; cell < plane.Length; cell++)
            {
                plane[cell] = tokens[(cell * channels) + channel];
            }
        }
    }

    /// <summary>Audio latent to tokens: <c>[channels, frames, bins] → [frames, channels·bins]</c>, bins fastest.</summary>
    /// <param name="latent">The latent.</param>
    /// <param name="shape">Its extents.</param>
    /// <param name="tokens">Receives the tokens; as long as the latent.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void PatchifyAudio(ReadOnlySpan<float> latent, AudioLatentShape shape, Span<float> tokens)
    {
        Require.Length(latent.Length, shape.ElementCount, nameof(latent));
        Require.Length(tokens.Length, shape.ElementCount, nameof(tokens));
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            for (int frame = 0; frame < shape.Frames; frame++)
            {
                latent.Slice(((channel * shape.Frames) + frame) * shape.Bins, shape.Bins)
                    .CopyTo(tokens[((frame * shape.TokenChannels) + (channel * shape.Bins))..]);
            }
        }
    }

    /// <summary>Tokens to audio latent, the inverse of <see cref="PatchifyAudio"/>.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="shape">Extents of the latent.</param>
    /// <param name="latent">Receives the latent; as long as the tokens.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void UnpatchifyAudio(ReadOnlySpan<float> tokens, AudioLatentShape shape, Span<float> latent)
    {
        Require.Length(tokens.Length, shape.ElementCount, nameof(tokens));
        Require.Length(latent.Length, shape.ElementCount, nameof(latent));
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            for (int frame = 0; frame < shape.Frames; frame++)
            {
                tokens.Slice((frame * shape.TokenChannels) + (channel * shape.Bins), shape.Bins)
                    .CopyTo(latent[(((channel * shape.Frames) + frame) * shape.Bins)..]);
            }
        }
    }

    private static int CellCount(int length, int channels, int otherLength)
    {
        Require.AtLeast(channels, 1, nameof(channels));
        Require.Length(otherLength, length, "the destination");
        if (length % channels != 0)
        {
            throw new ArgumentException($"{length} values do not divide into {channels} channels.", nameof(channels));
        }

        return length / channels;
    }
}
