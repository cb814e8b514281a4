using LtxEngine.Media.Images;

namespace LtxEngine.Pipeline;

/// <summary>An image of a request at its own size.</summary>
/// <param name="Decoded">The picture as it is.</param>
/// <param name="Compressed">The picture after the compression that the model was trained with: what the clip is made from.</param>
internal sealed record LoadedImage(RgbImage Decoded, RgbImage Compressed)
{
    /// <summary>SHA-256 of the file or, for ready pixels, of the pixels.</summary>
    public required string Hash { get; init; }
}
