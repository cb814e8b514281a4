namespace LtxEngine.Media.Images;

/// <summary>A decoded picture: 8-bit RGB, row after row from the top, three bytes per pixel, no padding.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">Width · Height · 3 bytes.</param>
internal sealed record RgbImage(int Width, int Height, ReadOnlyMemory<byte> Pixels);
