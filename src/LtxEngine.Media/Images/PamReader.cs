using System.Globalization;
using System.Text;

namespace LtxEngine.Media.Images;

/// <summary>Reads the PAM pictures (Netpbm's "portable arbitrary map") that ffmpeg hands over.</summary>
internal static class PamReader
{
    /// <summary>Reads a picture as 8-bit RGB: grey replicated, alpha dropped, 16 bits cut to their high byte.</summary>
    /// <param name="file">Header and samples.</param>
    /// <param name="description">What messages call the image.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="MediaException">The bytes are not a complete PAM picture.</exception>
    public static RgbImage Read(ReadOnlySpan<byte> file, string description)
    {
        int headerEnd = file.IndexOf("ENDHDR\n"u8);
        if (!file.StartsWith("P7\n"u8) || headerEnd < 0)
        {
            throw Wrong(description);
        }

        int width = 0;
        int height = 0;
        int depth = 0;
        int maximum = 0;
        foreach (string line in Encoding.ASCII.GetString(file[..headerEnd]).Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            {
                switch (words[0])
                {
                    case "WIDTH":
                        width = value;
                        break;
                    case "HEIGHT":
                        height = value;
                        break;
                    case "DEPTH":
                        depth = value;
                        break;
                    case "MAXVAL":
                        maximum = value;
                        break;
                }
            }
        }

        ReadOnlySpan<byte> samples = file[(headerEnd + "ENDHDR\n"u8.Length)..];
        int sampleLength = maximum > 255 ? 2 : 1;
        long pixelCount = (long)width * height;
        if (depth is < 1 or > 4 || maximum is not (1 or 255 or 65535) || pixelCount < 1 || samples.Length < pixelCount * depth * sampleLength)
        {
            throw Wrong(description);
        }

        byte[] pixels = new byte[checked((int)(pixelCount * 3))];
        Convert(samples, depth, sampleLength, maximum == 1 ? 255 : 1, pixels);
        return new RgbImage(width, height, pixels);
    }

    private static void Convert(ReadOnlySpan<byte> samples, int depth, int sampleLength, int factor, Span<byte> pixels)
    {
        // Samples of two bytes are big-endian: the first byte is the high one.
        int pixelLength = depth * sampleLength;
        int green = depth >= 3 ? sampleLength : 0;
        int blue = 2 * green;
        for (int to = 0, from = 0; to < pixels.Length; to += 3, from += pixelLength)
        {
            pixels[to] = (byte)(samples[from] * factor);
            pixels[to + 1] = (byte)(samples[from + green] * factor);
            pixels[to + 2] = (byte)(samples[from + blue] * factor);
        }
    }

    private static MediaException Wrong(string description) =>
        new(MediaErrorKind.ToolFailed, $"ffmpeg gave no complete picture for {description}.");
}
