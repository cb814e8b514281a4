using System.Globalization;
using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Images;

/// <summary>
/// Decodes images to 8-bit RGB through ffmpeg: size limits before decoding, orientation applied, alpha dropped (neither composited nor
/// un-multiplied), 16 bits cut to their high byte, grey replicated, palettes looked up; an embedded ICC profile of the matrix kind (Display P3,
/// Adobe RGB, grey curves) is applied and the picture converted to sRGB; profiles made of tables are left aside.
/// </summary>
/// <param name="ffmpeg">The decoder.</param>
/// <param name="options">Limits and choices; null for the defaults.</param>
internal sealed class ImageDecoder(FfmpegTool ffmpeg, ImageDecodingOptions? options = null)
{
    private readonly ImageDecodingOptions _options = options ?? new ImageDecodingOptions();

    /// <summary>Decodes an image.</summary>
    /// <param name="source">The image.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>The upright picture.</returns>
    /// <exception cref="MediaException">The image cannot be read, is damaged, of another format or larger than allowed.</exception>
    public async Task<RgbImage> DecodeAsync(ImageSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Pixels is { } pixels)
        {
            CheckSize(pixels.Width, pixels.Height, source.Description);
            return pixels;
        }

        ReadOnlyMemory<byte> file = await source.ReadEncodedAsync(_options.MaxEncodedBytes, cancellationToken).ConfigureAwait(false);
        ImageHeader header = ImageHeaderReader.Read(file.Span, source.Description);
        CheckSize(header.Width, header.Height, source.Description);
        const int LargestPixel = 8;
        const int LargestHeader = 256;
        long pixelCount = (long)header.Width * header.Height;
        ReadOnlyMemory<byte> decoded = await ffmpeg.RunAsync(
            CreateArguments(header, file.Length),
            file,
            (pixelCount * LargestPixel) + LargestHeader,
            $"decoding {source.Description}",
            MediaErrorKind.Corrupt,
            cancellationToken).ConfigureAwait(false);
        if (decoded.IsEmpty)
        {
            throw new MediaException(MediaErrorKind.Corrupt, $"Cannot read {source.Description}: the {header.Format} file holds no picture that ffmpeg can decode.");
        }

        RgbImage image = PamReader.Read(decoded.Span, source.Description);
        if (image.Width != header.Width || image.Height != header.Height)
        {
            throw new MediaException(
                MediaErrorKind.Corrupt,
                $"Cannot read {source.Description}: its header says {header.Width} × {header.Height}, its picture has {image.Width} × {image.Height}.");
        }

        image = ToSrgb(image, file.Span, header.Format);
        return _options.ApplyOrientation ? OrientationTransform.Apply(image, header.Orientation) : image;
    }

    private static RgbImage ToSrgb(RgbImage image, ReadOnlySpan<byte> file, ImageFormat format) =>
        ImageHeaderReader.ReadProfile(file, format) is { } bytes && IccProfile.Parse(bytes) is { } profile ? profile.Convert(image) : image;

    private static string[] CreateArguments(ImageHeader header, int fileLength)
    {
        // Decoders allocate up to 128 columns and rows more than the picture has, and the limit counts them.
        const int Padding = 128;
        long largestBuffer = ((long)header.Width + Padding) * ((long)header.Height + Padding);

        // The format is forced by what was recognised and only the pipe may be read, so a crafted file cannot make ffmpeg open others.
        string demuxer = header.Format switch
        {
            ImageFormat.Png => "png_pipe",
            ImageFormat.Jpeg => "jpeg_pipe",
            ImageFormat.WebP => "webp_pipe",
            ImageFormat.Avif => "mov",
            ImageFormat.Bmp => "bmp_pipe",
            ImageFormat.Tiff => "tiff_pipe",
            _ => "gif",
        };

        // Strict where a missing end shows no other way; elsewhere it would refuse unknown but harmless tags.
        string[] strict = header.Format is ImageFormat.Gif or ImageFormat.Avif ? ["-err_detect", "explode"] : [];

        // ffmpeg has no parser that finds the end of a TIFF in a stream; the length has to be told.
        string[] length = header.Format == ImageFormat.Tiff ? ["-frame_size", fileLength.ToString(CultureInfo.InvariantCulture)] : [];

        // PAM says itself what it holds (grey, RGB, alpha, 8 or 16 bits), so ffmpeg keeps the exact stored values of lossless formats
        // and converts only what is stored as luma and chroma.
        return
        [
            "-noautorotate", "-protocol_whitelist", "pipe", "-max_pixels", largestBuffer.ToString(CultureInfo.InvariantCulture),
            .. strict, "-f", demuxer, .. length, "-i", "pipe:0",
            "-map", "0:v:0", "-frames:v", "1", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp",
            "-c:v", "pam", "-f", "image2pipe", "pipe:1",
        ];
    }

    private void CheckSize(int width, int height, string description)
    {
        if (width > _options.MaxSide || height > _options.MaxSide)
        {
            throw new MediaException(
                MediaErrorKind.TooLarge,
                $"Cannot read {description}: it is {width} × {height} pixels, at most {_options.MaxSide} per side are allowed. Scale it down or raise {nameof(ImageDecodingOptions)}.{nameof(ImageDecodingOptions.MaxSide)}.");
        }

        if ((long)width * height > _options.MaxPixels)
        {
            throw new MediaException(
                MediaErrorKind.TooLarge,
                $"Cannot read {description}: {width} × {height} are {(long)width * height} pixels, at most {_options.MaxPixels} are allowed. Scale it down or raise {nameof(ImageDecodingOptions)}.{nameof(ImageDecodingOptions.MaxPixels)}.");
        }
    }
}
