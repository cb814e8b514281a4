namespace LtxEngine.Media.Images;

/// <summary>
/// How a picture covers a target: scale = max(H/h, W/w) in double, resized to (⌈h·scale⌉, ⌈w·scale⌉), cut out of the middle with offsets
/// rounded down. The rounding up can exceed the target by one (187 → 96 gives 97), as in the original.
/// </summary>
/// <param name="ResizedWidth">Width after resizing.</param>
/// <param name="ResizedHeight">Height after resizing.</param>
/// <param name="CropLeft">First column that is kept.</param>
/// <param name="CropTop">First row that is kept.</param>
internal readonly record struct ResizeGeometry(int ResizedWidth, int ResizedHeight, int CropLeft, int CropTop)
{
    /// <summary>Computes the geometry.</summary>
    /// <param name="sourceWidth">Width of the picture, at least 1.</param>
    /// <param name="sourceHeight">Height of the picture, at least 1.</param>
    /// <param name="width">Target width, at least 1.</param>
    /// <param name="height">Target height, at least 1.</param>
    /// <returns>The geometry.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static ResizeGeometry Cover(int sourceWidth, int sourceHeight, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        double scale = Math.Max((double)height / sourceHeight, (double)width / sourceWidth);
        int resizedHeight = checked((int)Math.Ceiling(sourceHeight * scale));
        int resizedWidth = checked((int)Math.Ceiling(sourceWidth * scale));
        return new ResizeGeometry(resizedWidth, resizedHeight, (resizedWidth - width) / 2, (resizedHeight - height) / 2);
    }
}
