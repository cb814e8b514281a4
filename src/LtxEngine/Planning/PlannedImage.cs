namespace LtxEngine.Planning;

/// <summary>An image at a frame of the clip.</summary>
/// <param name="Image">The image.</param>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Strength">How firmly the clip keeps to it, 0 … 1.</param>
internal sealed record PlannedImage(ImageSource Image, int Frame, double Strength);
