namespace LtxEngine.Media.Images;

/// <summary>What a file says about its image before any pixel is decoded.</summary>
/// <param name="Format">The format, by content.</param>
/// <param name="Width">Stored width in pixels, before orientation.</param>
/// <param name="Height">Stored height in pixels, before orientation.</param>
/// <param name="Orientation">How to turn the stored pixels.</param>
internal readonly record struct ImageHeader(ImageFormat Format, int Width, int Height, ExifOrientation Orientation);
