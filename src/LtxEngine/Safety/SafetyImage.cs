namespace LtxEngine;

/// <summary>A picture that is to be judged.</summary>
/// <param name="Field">Where it comes from: <c>image</c>, <c>end_image</c>, <c>images[0]</c> … or <c>output</c> for a frame of the clip.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">8-bit RGB, row after row from the top, three bytes per pixel, no padding.</param>
/// <param name="Frame">Number of the frame, from 0; null for an image of the request.</param>
public sealed record SafetyImage(string Field, int Width, int Height, ReadOnlyMemory<byte> Pixels, int? Frame = null);
