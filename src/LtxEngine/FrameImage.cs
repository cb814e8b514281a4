namespace LtxEngine;

/// <summary>An image that a frame of the clip is to look like.</summary>
/// <param name="Image">The image.</param>
/// <param name="Frame">
/// The frame, from 0 to the clip's number of frames − 1. At frame 0 the image becomes the frame; at every other the clip is led to it, as
/// <see cref="GenerationRequest.EndImage"/> says.
/// </param>
/// <param name="Strength">How firmly the clip keeps to the image, 0 … 1.</param>
public sealed record FrameImage(ImageSource Image, int Frame, double Strength = 1);
