namespace LtxEngine.Media.Images;

/// <summary>Turns and mirrors pictures.</summary>
internal static class OrientationTransform
{
    /// <summary>Applies an orientation.</summary>
    /// <param name="image">The stored picture.</param>
    /// <param name="orientation">What to do; unknown values leave it as it is.</param>
    /// <returns>The upright picture; the same object where nothing is to be done.</returns>
    public static RgbImage Apply(RgbImage image, ExifOrientation orientation)
    {
        if (orientation is <= ExifOrientation.Upright or > ExifOrientation.Rotate270)
        {
            return image;
        }

        bool swapsSides = orientation >= ExifOrientation.Transpose;
        int width = swapsSides ? image.Height : image.Width;
        int height = swapsSides ? image.Width : image.Height;
        byte[] result = new byte[image.Pixels.Length];
        ReadOnlySpan<byte> source = image.Pixels.Span;
        int lastColumn = image.Width - 1;
        int lastRow = image.Height - 1;
        int at = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int column, int row) = orientation switch
                {
                    ExifOrientation.MirrorHorizontally => (lastColumn - x, y),
                    ExifOrientation.Rotate180 => (lastColumn - x, lastRow - y),
                    ExifOrientation.MirrorVertically => (x, lastRow - y),
                    ExifOrientation.Transpose => (y, x),
                    ExifOrientation.Rotate90 => (y, lastRow - x),
                    ExifOrientation.Transverse => (lastColumn - y, lastRow - x),
                    _ => (lastColumn - y, x),
                };
                int from = 3 * ((row * image.Width) + column);
                result[at] = source[from];
                result[at + 1] = source[from + 1];
                result[at + 2] = source[from + 2];
                at += 3;
            }
        }

        return new RgbImage(width, height, result);
    }
}
