namespace LtxEngine.Diffusion.Latents;

/// <summary>Extents of an audio latent <c>[channels, frames, bins]</c>; a token is one frame with channel·bins + bin as its channel.</summary>
internal sealed record AudioLatentShape
{
    /// <summary>Takes the extents.</summary>
    /// <param name="channels">Latent channels (8 in the 19B model), at least 1.</param>
    /// <param name="frames">Latent frames, at least 1.</param>
    /// <param name="bins">Latent mel bins (16 in the 19B model), at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is below 1 or the latent exceeds one buffer.</exception>
    public AudioLatentShape(int channels, int frames, int bins)
    {
        Require.AtLeast(channels, 1, nameof(channels));
        Require.AtLeast(frames, 1, nameof(frames));
        Require.AtLeast(bins, 1, nameof(bins));
        ElementCount = Require.ElementCount(nameof(frames), channels, frames, bins);
        Channels = channels;
        Frames = frames;
        Bins = bins;
    }

    /// <summary>Latent channels.</summary>
    public int Channels { get; }

    /// <summary>Latent frames, which are the tokens.</summary>
    public int Frames { get; }

    /// <summary>Latent mel bins.</summary>
    public int Bins { get; }

    /// <summary>Values per token.</summary>
    public int TokenChannels => Channels * Bins;

    /// <summary>Number of values.</summary>
    public int ElementCount { get; }
}
