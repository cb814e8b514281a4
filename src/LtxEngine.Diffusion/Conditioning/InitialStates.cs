using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Conditioning;

/// <summary>Builds the state of a stream before denoising: initial latent, conditioning, positions; and adds the noise.</summary>
internal static class InitialStates
{
    /// <summary>The video stream, not yet noised.</summary>
    /// <param name="shape">The clip's latent.</param>
    /// <param name="framesPerSecond">Frame rate, above 0.</param>
    /// <param name="items">Conditioning items, applied in order.</param>
    /// <param name="initialLatent">A latent <c>[channels, frames, height, width]</c> to start from (second stage); empty for zeros.</param>
    /// <param name="precision">Precision of the clip's positions.</param>
    /// <exception cref="ArgumentException">An item or the initial latent does not fit the clip.</exception>
    public static LatentState CreateVideo(
        VideoLatentShape shape,
        double framesPerSecond,
        IReadOnlyList<IConditioningItem> items,
        ReadOnlySpan<float> initialLatent = default,
        TimePrecision precision = TimePrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(items);
        long tokens = shape.TokenCount;
        foreach (IConditioningItem item in items)
        {
            tokens += item.AppendedTokens(shape);
        }

        Require.InRange(tokens, 1, Array.MaxLength, nameof(items));
        LatentState state = new(Modality.Video, (int)tokens, shape.TokenCount, shape.Channels, Positions.VideoAxes);
        if (!initialLatent.IsEmpty)
        {
            Require.Length(initialLatent.Length, shape.ElementCount, nameof(initialLatent));
            Patchifier.PatchifyVideo(initialLatent, shape.Channels, state.BaseLatent);
            state.BaseLatent.CopyTo(state.CleanLatent);
        }

        Positions.WriteVideo(shape, framesPerSecond, precision, state.Positions, state.TokenCount);
        int appended = shape.TokenCount;
        foreach (IConditioningItem item in items)
        {
            item.Apply(state, shape, framesPerSecond, appended);
            appended += item.AppendedTokens(shape);
        }

        return state;
    }

    /// <summary>The audio stream, not yet noised.</summary>
    /// <param name="shape">The audio latent.</param>
    /// <param name="timing">The time grid.</param>
    /// <param name="initialLatent">A latent <c>[channels, frames, bins]</c> to start from (second stage); empty for zeros.</param>
    /// <exception cref="ArgumentException">The initial latent has another size.</exception>
    public static LatentState CreateAudio(AudioLatentShape shape, AudioTiming timing, ReadOnlySpan<float> initialLatent = default)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(timing);
        LatentState state = new(Modality.Audio, shape.Frames, shape.Frames, shape.TokenChannels, Positions.AudioAxes);
        if (!initialLatent.IsEmpty)
        {
            Patchifier.PatchifyAudio(initialLatent, shape, state.Latent);
            state.Latent.CopyTo(state.CleanLatent);
        }

        Positions.WriteAudio(shape.Frames, timing, state.Positions);
        return state;
    }

    /// <summary>Noises the latent: with <c>s = mask·scale</c> per token, <c>x ← noise·s + x·(1−s)</c>.</summary>
    /// <param name="state">The state.</param>
    /// <param name="noise">Standard normal values <c>[tokens, channels]</c>, appended tokens included.</param>
    /// <param name="noiseScale">1 for a first stage; the first sigma of the schedule for a second one.</param>
    /// <exception cref="ArgumentException">The noise has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not in [0, 1].</exception>
    public static void AddNoise(LatentState state, ReadOnlySpan<float> noise, double noiseScale)
    {
        ArgumentNullException.ThrowIfNull(state);
        Require.Length(noise.Length, state.Latent.Length, nameof(noise));
        Require.InRange(noiseScale, 0, 1, nameof(noiseScale));
        float scale = (float)noiseScale;
        int channels = state.Channels;
        for (int token = 0; token < state.TokenCount; token++)
        {
            float weight = state.DenoiseMask[token] * scale;
            Span<float> row = state.Latent.Slice(token * channels, channels);
            ReadOnlySpan<float> noiseRow = noise.Slice(token * channels, channels);
            for (int channel = 0; channel < channels; channel++)
            {
                row[channel] = (noiseRow[channel] * weight) + (row[channel] * (1f - weight));
            }
        }
    }
}
