using System.Globalization;
using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Images;

/// <summary>
/// Encodes a picture as one H.264 frame and decodes it back, so that a still start image looks to the model like a frame of the
/// compressed videos it learned from; without it the model tends to hold a sharp still. Encoded at 1 frame per second (x264's CRF
/// quantiser depends on the duration of a frame), BT.601, limited range, as the original does.
/// </summary>
/// <param name="ffmpeg">Encoder and decoder.</param>
internal sealed class CrfRoundTrip(FfmpegTool ffmpeg)
{
    /// <summary>The original's constant rate factor.</summary>
    public const int DefaultCrf = 33;

    private static readonly string[] Scale = ["-vf", "scale=flags=bilinear"];

    /// <summary>Encodes and decodes a picture.</summary>
    /// <param name="image">The picture at its own size; an odd last column or row is cut off.</param>
    /// <param name="crf">Constant rate factor, 1 … 51; 0 switches the round trip off and leaves the picture as it is.</param>
    /// <param name="slices">Number of slices, 1 or more. The original uses one per processor core, so its result depends on the machine; one is the default here.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>The picture after compression; even width and height.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="MediaException">ffmpeg failed or stood still.</exception>
    public async Task<RgbImage> ApplyAsync(RgbImage image, int crf, int slices, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(crf);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(crf, 51);
        ArgumentOutOfRangeException.ThrowIfLessThan(slices, 1);

        // 4:2:0 needs even sides; a picture one pixel wide has nothing left after cutting and stays as it is.
        if (crf == 0 || image.Width < 2 || image.Height < 2)
        {
            return image;
        }

        RgbImage even = CropToEven(image);
        string size = string.Create(CultureInfo.InvariantCulture, $"{even.Width}x{even.Height}");
        ReadOnlyMemory<byte> encoded = await ffmpeg.RunAsync(
            [
                "-protocol_whitelist", "pipe", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", size, "-framerate", "1", "-i", "pipe:0",
                "-frames:v", "1", .. Scale, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast",
                "-crf", crf.ToString(CultureInfo.InvariantCulture), "-thread_type", "slice",
                "-threads", slices.ToString(CultureInfo.InvariantCulture), "-f", "h264", "pipe:1",
            ],
            even.Pixels,
            (2L * even.Pixels.Length) + (1 << 20),
            "compressing the start image",
            MediaErrorKind.ToolFailed,
            cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> decoded = await ffmpeg.RunAsync(
            [
                "-protocol_whitelist", "pipe", "-f", "h264", "-i", "pipe:0",
                "-frames:v", "1", .. Scale, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1",
            ],
            encoded,
            even.Pixels.Length,
            "decoding the compressed start image",
            MediaErrorKind.ToolFailed,
            cancellationToken).ConfigureAwait(false);
        return decoded.Length == even.Pixels.Length
            ? new RgbImage(even.Width, even.Height, decoded)
            : throw new MediaException(
                MediaErrorKind.ToolFailed, $"ffmpeg gave {decoded.Length} bytes for the compressed {size} start image, not {even.Pixels.Length}.");
    }

    /// <summary>The number of slices that the original uses on a machine: min(cores, max(1, ⌊⌈height/16⌉/4⌋)).</summary>
    /// <param name="height">Height of the picture.</param>
    /// <param name="cores">Number of processor cores.</param>
    /// <returns>The number of slices.</returns>
    public static int OriginalSlices(int height, int cores) => Math.Min(cores, Math.Max(1, (height + 15) / 16 / 4));

    private static RgbImage CropToEven(RgbImage image)
    {
        int width = image.Width & ~1;
        int height = image.Height & ~1;
        if (width == image.Width)
        {
            return height == image.Height ? image : new RgbImage(width, height, image.Pixels[..(width * height * 3)]);
        }

        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            image.Pixels.Span.Slice(y * image.Width * 3, width * 3).CopyTo(pixels.AsSpan(y * width * 3));
        }

        return new RgbImage(width, height, pixels);
    }
}
