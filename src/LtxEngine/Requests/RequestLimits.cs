namespace LtxEngine.Requests;

/// <summary>What the library refuses because no run can use it.</summary>
internal static class RequestLimits
{
    /// <summary>
    /// Most characters of a prompt. The text encoder takes 1024 tokens, about 5,000 characters of English; and all settings together must fit
    /// into one text of a video file's metadata.
    /// </summary>
    public const int MaxPromptLength = 10_000;

    /// <summary>Shortest side in pixels: a macroblock of H.264; players have trouble with less.</summary>
    public const int MinSide = 16;

    /// <summary>Longest side in pixels that encoders and decoders commonly take.</summary>
    public const int MaxSide = 16384;

    /// <summary>Most frames of a clip; over an hour at 24 frames per second, so memory is what limits a clip.</summary>
    public const int MaxFrames = 100_000;

    /// <summary>Most denoising steps.</summary>
    public const int MaxSteps = 10_000;

    /// <summary>Fewest frames per second.</summary>
    public const double MinFps = 0.001;

    /// <summary>Most frames per second.</summary>
    public const double MaxFps = 1000;

    /// <summary>Most steps that reuse a guided prediction.</summary>
    public const int MaxSkippedSteps = 1_000_000;

    /// <summary>Strongest H.264 compression.</summary>
    public const int MaxCrf = 51;
}
