using System.Globalization;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests;

/// <summary>Pictures and their encoded forms, made with the real ffmpeg.</summary>
internal static class TestPictures
{
    public static FfmpegTool Ffmpeg { get; } = new();

    public static RgbImage Decode(byte[] file, ImageDecodingOptions? options = null) =>
        new ImageDecoder(Ffmpeg, options).DecodeAsync(ImageSource.FromBytes(file), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>A smooth picture without symmetry: red grows to the right, green downwards, blue marks one corner.</summary>
    public static RgbImage Smooth(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int at = 3 * ((y * width) + x);
                pixels[at] = (byte)(255 * x / Math.Max(1, width - 1));
                pixels[at + 1] = (byte)(255 * y / Math.Max(1, height - 1));
                pixels[at + 2] = (byte)(x + y < (width + height) / 4 ? 200 : 40);
            }
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>A picture of eight strong colours, so that palettes hold it exactly.</summary>
    public static RgbImage EightColours(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            int colour = ((i % width / 3) + (i / width / 2)) % 8;
            pixels[3 * i] = (byte)((colour & 1) * 255);
            pixels[(3 * i) + 1] = (byte)((colour >> 1 & 1) * 255);
            pixels[(3 * i) + 2] = (byte)((colour >> 2 & 1) * 255);
        }

        return new RgbImage(width, height, pixels);
    }

    public static byte[] Encode(RgbImage image, params string[] output) => Encode("rgb24", image.Width, image.Height, image.Pixels, output);

    /// <summary>Encodes raw samples through a file, because some formats need a seekable output.</summary>
    public static byte[] Encode(string pixelFormat, int width, int height, ReadOnlyMemory<byte> samples, params string[] output)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("picture");
        string[] arguments =
        [
            "-y", "-f", "rawvideo", "-pixel_format", pixelFormat,
            "-video_size", string.Create(CultureInfo.InvariantCulture, $"{width}x{height}"), "-i", "pipe:0", "-frames:v", "1", .. output, "file:" + path,
        ];
        Ffmpeg.RunAsync(arguments, samples, 1, "making a test picture", MediaErrorKind.ToolFailed, CancellationToken.None).GetAwaiter().GetResult();
        return File.ReadAllBytes(path);
    }

    public static byte[] Png(RgbImage image) => Encode(image, "-c:v", "png", "-f", "image2");

    public static byte[] Bmp(RgbImage image) => Encode(image, "-c:v", "bmp", "-f", "image2");

    public static byte[] Tiff(RgbImage image) => Encode(image, "-c:v", "tiff", "-pix_fmt", "rgb24", "-f", "image2");

    public static byte[] Gif(RgbImage image) => Encode(image, "-filter_complex", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none", "-f", "gif");

    public static byte[] WebP(RgbImage image, bool lossless) =>
        Encode(image, "-c:v", "libwebp", "-lossless", lossless ? "1" : "0", "-quality", "90", "-f", "image2");

    public static byte[] Jpeg(RgbImage image) => Encode(image, "-c:v", "mjpeg", "-pix_fmt", "yuvj444p", "-q:v", "2", "-f", "image2");

    public static byte[] Avif(RgbImage image) => Encode(image, "-c:v", "libaom-av1", "-still-picture", "1", "-crf", "10", "-cpu-used", "8", "-pix_fmt", "yuv444p", "-f", "avif");

    /// <summary>Mean absolute difference per sample.</summary>
    public static double Difference(RgbImage actual, RgbImage expected)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        double sum = 0;
        for (int i = 0; i < expected.Pixels.Length; i++)
        {
            sum += Math.Abs(actual.Pixels.Span[i] - expected.Pixels.Span[i]);
        }

        return sum / expected.Pixels.Length;
    }

    public static void AssertEqual(RgbImage expected, RgbImage actual)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        Assert.Equal(expected.Pixels.ToArray(), actual.Pixels.ToArray());
    }
}
