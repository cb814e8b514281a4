namespace LtxEngine.Diffusion.Latents;

/// <summary>Time grid of the audio VAE and the vocoder.</summary>
internal sealed record AudioTiming
{
    /// <summary>The 19B model: 16 kHz, a mel frame per 160 samples, a latent per 4 mel frames, waveform at 24 kHz.</summary>
    public static AudioTiming Default { get; } = new();

    /// <summary>Sample rate of the mel spectrogram in Hz.</summary>
    public int SampleRate { get; init; } = 16_000;

    /// <summary>Samples per mel frame.</summary>
    public int HopLength { get; init; } = 160;

    /// <summary>Mel frames per latent behind the first one.</summary>
    public int MelFramesPerLatent { get; init; } = 4;

    /// <summary>Samples that the vocoder writes per mel frame.</summary>
    public int OutputSamplesPerMelFrame { get; init; } = 240;

    /// <summary>Latents per second: 25.</summary>
    public double LatentsPerSecond => (double)SampleRate / HopLength / MelFramesPerLatent;

    /// <summary>
    /// Audio latents of a clip: <c>d = frames/fps; round_half_even(d·latents per second)</c>, in double and in this order.
    /// 0 for a clip shorter than half a latent.
    /// </summary>
    /// <param name="pixelFrames">Frames of the clip, at least 1.</param>
    /// <param name="framesPerSecond">Frame rate, above 0.</param>
    /// <param name="latentsPerSecond">Audio latents per second; null for <see cref="LatentsPerSecond"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the sound exceeds one buffer.</exception>
    public int LatentFrames(int pixelFrames, double framesPerSecond, double? latentsPerSecond = null)
    {
        Require.AtLeast(pixelFrames, 1, nameof(pixelFrames));
        Require.Positive(framesPerSecond, nameof(framesPerSecond));
        double rate = latentsPerSecond ?? LatentsPerSecond;
        Require.Positive(rate, nameof(latentsPerSecond));
        double seconds = pixelFrames / framesPerSecond;
        double latents = Math.Round(seconds * rate, MidpointRounding.ToEven);
        if (latents > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(framesPerSecond), framesPerSecond, $"{nameof(framesPerSecond)} is {framesPerSecond}; a clip of {seconds} s is too long, raise the frame rate or lower the frames.");
        }

        return (int)latents;
    }

    /// <summary>Mel frames that a latent decodes to: <c>4·latents − 3</c>, 0 for none.</summary>
    /// <param name="latentFrames">Number of audio latents, at least 0.</param>
    public long MelFrames(int latentFrames)
    {
        Require.AtLeast(latentFrames, 0, nameof(latentFrames));
        return MelStart(latentFrames);
    }

    /// <summary>Samples per channel of the waveform that a latent becomes.</summary>
    /// <param name="latentFrames">Number of audio latents, at least 0.</param>
    public long OutputSamples(int latentFrames) => MelFrames(latentFrames) * OutputSamplesPerMelFrame;

    /// <summary>First mel frame of a latent: <c>max(0, 4i − 3)</c>; the first latent covers one mel frame only, because the VAE is causal.</summary>
    /// <param name="latentIndex">Index of the latent.</param>
    public long MelStart(long latentIndex) => Math.Max(0, (MelFramesPerLatent * latentIndex) - (MelFramesPerLatent - 1));
}
