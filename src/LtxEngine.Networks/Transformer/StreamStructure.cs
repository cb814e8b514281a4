namespace LtxEngine.Networks.Transformer;

/// <summary>The extents of one stream (video or audio) of the transformer.</summary>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="Heads">Heads of self and text attention.</param>
/// <param name="InChannels">Latent channels per token.</param>
/// <param name="OutChannels">Velocity channels per token.</param>
/// <param name="ContextWidth">Width of a text context row.</param>
/// <param name="HiddenWidth">Inner width of the feed-forward.</param>
/// <param name="SinusoidWidth">Width of the timestep sinusoid.</param>
/// <param name="MaxPositions">The position that maps to fraction 1 per axis: seconds, and for video pixel rows and columns.</param>
internal sealed record StreamStructure(
    int Width,
    int Heads,
    int InChannels,
    int OutChannels,
    int ContextWidth,
    int HiddenWidth,
    int SinusoidWidth,
    IReadOnlyList<double> MaxPositions);
