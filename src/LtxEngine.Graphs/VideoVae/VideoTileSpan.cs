namespace LtxEngine.Graphs.VideoVae;

/// <summary>One tile along one axis: its range in latents, where its output lies, and how it fades towards its neighbours.</summary>
/// <param name="Start">First latent.</param>
/// <param name="End">One past the last latent.</param>
/// <param name="LeftRamp">Latents over which it fades in.</param>
/// <param name="RightRamp">Latents over which it fades out.</param>
/// <param name="OutStart">First pixel or frame.</param>
/// <param name="OutEnd">One past the last pixel or frame.</param>
/// <param name="OutLeftRamp">Pixels or frames over which it fades in, at most the tile's length.</param>
/// <param name="OutRightRamp">Pixels or frames over which it fades out, at most the tile's length.</param>
internal readonly record struct VideoTileSpan(
    int Start, int End, int LeftRamp, int RightRamp, int OutStart, int OutEnd, int OutLeftRamp, int OutRightRamp)
{
    /// <summary>The number of latents.</summary>
    public int Length => End - Start;

    /// <summary>The number of pixels or frames.</summary>
    public int OutLength => OutEnd - OutStart;
}
