namespace LtxEngine.Media.Output;

/// <summary>The two passes that make a palette video.</summary>
/// <param name="Generation">The filter of the first pass, which collects the colours of the whole clip.</param>
/// <param name="Use">The filter of the second pass, which maps each frame to them.</param>
internal sealed record GifPalette(string Generation, string Use);
