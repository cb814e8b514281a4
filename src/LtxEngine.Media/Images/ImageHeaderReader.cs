namespace LtxEngine.Media.Images;

/// <summary>
/// Recognises image formats by content and reads size and orientation from their headers, without decoding pixels. Damage that shows
/// without decoding (a file that ends early) is reported here, because decoders conceal it with grey areas.
/// </summary>
internal static partial class ImageHeaderReader
{
    private const string SupportedFormats = "PNG, JPEG, WebP, AVIF, BMP, TIFF and GIF";

    /// <summary>Reads the header of an image.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="description">What messages call the image.</param>
    /// <returns>Format, size and orientation.</returns>
    /// <exception cref="MediaException">The format is not supported, or the file is damaged.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, string description)
    {
        ImageFormat format = Recognise(file, description);
        ByteReader reader = new(file, description, format);
        (long width, long height, ExifOrientation orientation) = format switch
        {
            ImageFormat.Png => ReadPng(reader),
            ImageFormat.Jpeg => ReadJpeg(reader),
            ImageFormat.WebP => ReadWebP(reader),
            ImageFormat.Avif => ReadAvif(reader),
            ImageFormat.Bmp => ReadBmp(reader),
            ImageFormat.Tiff => ReadTiff(reader),
            _ => ReadGif(reader),
        };
        if (width < 1 || height < 1 || width > int.MaxValue || height > int.MaxValue)
        {
            throw reader.Corrupt($"its header gives the size {width} × {height}");
        }

        return new ImageHeader(format, (int)width, (int)height, orientation);
    }

    private static ImageFormat Recognise(ReadOnlySpan<byte> file, string description)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            return ImageFormat.Png;
        }

        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return ImageFormat.Jpeg;
        }

        if (file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..12].SequenceEqual("WEBP"u8))
        {
            return ImageFormat.WebP;
        }

        if (file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        if (file.StartsWith("BM"u8))
        {
            return ImageFormat.Bmp;
        }

        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
        {
            return ImageFormat.Tiff;
        }

        if (file.Length >= 12 && file[4..8].SequenceEqual("ftyp"u8))
        {
            return RecogniseBrand(file, description);
        }

        throw new MediaException(MediaErrorKind.UnsupportedFormat, $"Cannot read {description}: it is no image of a supported format ({SupportedFormats}).");
    }

    private static ImageFormat RecogniseBrand(ReadOnlySpan<byte> file, string description)
    {
        int end = (int)Math.Min(file.Length, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(file));
        for (int at = 8; at + 4 <= end; at += 4)
        {
            if (file.Slice(at, 4).SequenceEqual("avif"u8) || file.Slice(at, 4).SequenceEqual("avis"u8))
            {
                return ImageFormat.Avif;
            }
        }

        throw new MediaException(
            MediaErrorKind.UnsupportedFormat,
            $"Cannot read {description}: it is an ISO media file (HEIC, MP4 or the like) but no AVIF. Supported are {SupportedFormats}.");
    }
}
