namespace LtxEngine.Diffusion.Latents;

/// <summary>Extents of a video latent <c>[channels, frames, height, width]</c> and the size of the clip it stands for.</summary>
internal sealed record VideoLatentShape
{
    /// <summary>Takes extents in latent cells.</summary>
    /// <param name="channels">Latent channels, at least 1.</param>
    /// <param name="frames">Latent frames, at least 1.</param>
    /// <param name="height">Latent rows, at least 1.</param>
    /// <param name="width">Latent columns, at least 1.</param>
    /// <param name="scale">Pixels and frames per cell; null for the LTX-2 VAE.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is below 1 or the latent exceeds one buffer.</exception>
    public VideoLatentShape(int channels, int frames, int height, int width, VideoScale? scale = null)
    {
        Require.AtLeast(channels, 1, nameof(channels));
        Require.AtLeast(frames, 1, nameof(frames));
        Require.AtLeast(height, 1, nameof(height));
        Require.AtLeast(width, 1, nameof(width));
        ElementCount = Require.ElementCount(nameof(frames), channels, frames, height, width);
        Channels = channels;
        Frames = frames;
        Height = height;
        Width = width;
        Scale = scale ?? VideoScale.Default;
        Require.AtLeast(Scale.Frames, 1, nameof(scale));
        Require.AtLeast(Scale.Pixels, 1, nameof(scale));
    }

    /// <summary>Latent channels.</summary>
    public int Channels { get; }

    /// <summary>Latent frames.</summary>
    public int Frames { get; }

    /// <summary>Latent rows.</summary>
    public int Height { get; }

    /// <summary>Latent columns.</summary>
    public int Width { get; }

    /// <summary>Pixels and frames per cell.</summary>
    public VideoScale Scale { get; }

    /// <summary>Number of values.</summary>
    public int ElementCount { get; }

    /// <summary>Tokens of one latent frame.</summary>
    public int TokensPerFrame => Height * Width;

    /// <summary>Number of tokens: one per latent cell.</summary>
    public int TokenCount => Frames * Height * Width;

    /// <summary>Frames that the VAE decodes this latent to: <c>8·(frames − 1) + 1</c>.</summary>
    public long PixelFrames => ((long)Scale.Frames * (Frames - 1)) + 1;

    /// <summary>The latent of a clip.</summary>
    /// <param name="channels">Latent channels, at least 1.</param>
    /// <param name="pixelFrames">Frames of the clip, at least 1; <c>8k + 1</c> is decoded without loss, other counts lose the remainder.</param>
    /// <param name="pixelHeight">Height in pixels, a multiple of 32.</param>
    /// <param name="pixelWidth">Width in pixels, a multiple of 32.</param>
    /// <param name="scale">Pixels and frames per cell; null for the LTX-2 VAE.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is no multiple of a cell, or too small or too large.</exception>
    public static VideoLatentShape FromClip(int channels, int pixelFrames, int pixelHeight, int pixelWidth, VideoScale? scale = null)
    {
        VideoScale cells = scale ?? VideoScale.Default;
        Require.AtLeast(pixelFrames, 1, nameof(pixelFrames));
        RequireMultiple(pixelHeight, cells.Pixels, nameof(pixelHeight));
        RequireMultiple(pixelWidth, cells.Pixels, nameof(pixelWidth));
        return new VideoLatentShape(
            channels, ((pixelFrames - 1) / cells.Frames) + 1, pixelHeight / cells.Pixels, pixelWidth / cells.Pixels, cells);
    }

    private static void RequireMultiple(int value, int factor, string name)
    {
        Require.AtLeast(value, factor, name);
        if (value % factor != 0)
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} is {value}; it must be a multiple of {factor}, for example {value / factor * factor} or {((value / factor) + 1) * factor}.");
        }
    }
}
