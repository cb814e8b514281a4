using LtxEngine.Media.Images;
using LtxEngine.Tensors;

namespace LtxEngine.Prompting;

/// <summary>Turns a picture into what Gemma's vision tower takes.</summary>
internal static class VisionPreprocessor
{
    /// <summary>
    /// As in the original: resized so that the long side has the tower's size (bilinear, sides rounded down), to 8 bits, then stretched to a
    /// square (bilinear with antialiasing), and 0 … 255 mapped to −1 … 1.
    /// </summary>
    /// <param name="image">The picture, at any size.</param>
    /// <param name="size">Edge of the square, at least 1.</param>
    /// <returns><c>[3, size, size]</c>: the red, green and blue planes.</returns>
    public static HostTensor Prepare(RgbImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        RgbImage square = AntialiasedResizer.Resize(FitLongSide(image, size), size, size);
        HostTensor result = HostTensor.Zeros(3, size, size);
        ReadOnlySpan<byte> pixels = square.Pixels.Span;
        int plane = size * size;
        for (int i = 0; i < plane; i++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                result.Data[(channel * plane) + i] = (pixels[(3 * i) + channel] / 127.5f) - 1f;
            }
        }

        return result;
    }

    private static RgbImage FitLongSide(RgbImage image, int size)
    {
        double scale = (double)size / Math.Max(image.Width, image.Height);

        // A picture 1,000 times as long as wide still has a side.
        int width = Math.Max(1, (int)(image.Width * scale));
        int height = Math.Max(1, (int)(image.Height * scale));
        float[] planes = ImagePreprocessor.ResizeAndCrop(image, width, height);
        int plane = width * height;
        byte[] pixels = new byte[3 * plane];
        for (int i = 0; i < plane; i++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                pixels[(3 * i) + channel] = (byte)Math.Clamp(MathF.Round((planes[(channel * plane) + i] + 1f) * 127.5f), 0f, 255f);
            }
        }

        return new RgbImage(width, height, pixels);
    }
}
