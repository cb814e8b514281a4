using System.IO.Compression;

namespace LtxEngine.Media.Images;

/// <content>The embedded ICC profile: iCCP in PNG, APP2 in JPEG, ICCP in WebP, a tag in TIFF, the colour property in AVIF.</content>
internal static partial class ImageHeaderReader
{
    // The profiles that are converted (matrix and curves) have some kilobytes; a compressed one must not grow without bound.
    private const int MaxProfileLength = 4 * 1024 * 1024;

    /// <summary>Reads the ICC profile of an image whose header was read before.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="format">Its format.</param>
    /// <returns>The profile; null where there is none, or none that can be read: the picture itself is still good.</returns>
    public static byte[]? ReadProfile(ReadOnlySpan<byte> file, ImageFormat format)
    {
        ByteReader reader = new(file, "the profile", format);
        try
        {
            return format switch
            {
                ImageFormat.Png => ReadPngProfile(reader),
                ImageFormat.Jpeg => ReadJpegProfile(reader),
                ImageFormat.WebP => ReadWebPProfile(reader),
                ImageFormat.Tiff => ReadTiffProfile(reader),
                ImageFormat.Avif => ReadAvifProfile(reader),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is MediaException or InvalidDataException)
        {
            return null;
        }
    }

    private static byte[]? ReadPngProfile(ByteReader reader)
    {
        for (long at = 8; !reader.Has(at + 4, "IDAT"u8) && !reader.Has(at + 4, "IEND"u8);)
        {
            long length = reader.UInt32(at, bigEndian: true);
            if (reader.Has(at + 4, "iCCP"u8))
            {
                // A name that ends in a zero, the compression method (0 is the only one), the compressed profile.
                ReadOnlySpan<byte> chunk = reader.Bytes(at + 8, length);
                int nameLength = chunk.IndexOf((byte)0);
                return nameLength >= 0 && nameLength + 2 < chunk.Length ? Decompress(chunk[(nameLength + 2)..]) : null;
            }

            at += 12 + length;
        }

        return null;
    }

    private static byte[]? Decompress(ReadOnlySpan<byte> compressed)
    {
        using MemoryStream source = new(compressed.ToArray());
        using ZLibStream zlib = new(source, CompressionMode.Decompress);
        using MemoryStream profile = new();
        byte[] buffer = new byte[1 << 14];
        int read;
        while ((read = zlib.Read(buffer)) > 0)
        {
            profile.Write(buffer, 0, read);
            if (profile.Length > MaxProfileLength)
            {
                return null;
            }
        }

        return profile.ToArray();
    }

    private static byte[]? ReadJpegProfile(ByteReader reader)
    {
        // A profile longer than a marker comes in numbered parts, usually but not always in order.
        const int StandaloneMarkers = 0xD0;
        ReadOnlySpan<byte> signature = "ICC_PROFILE\0"u8;
        SortedDictionary<int, byte[]> parts = [];
        long at = 2;
        while (reader.Byte(at) == 0xFF)
        {
            int marker = reader.Byte(at + 1);
            if (marker is 0xFF or 0x01 or (>= StandaloneMarkers and <= 0xD8))
            {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }

            if (marker == 0xDA)
            {
                break;
            }

            int length = reader.UInt16(at + 2, bigEndian: true);
            if (marker == 0xE2 && reader.Has(at + 4, signature))
            {
                parts[reader.Byte(at + 4 + signature.Length)] = reader.Bytes(at + 6 + signature.Length, length - signature.Length - 4).ToArray();
            }

            at += 2 + length;
        }

        return parts.Count > 0 ? [.. parts.Values.SelectMany(part => part)] : null;
    }

    private static byte[]? ReadWebPProfile(ByteReader reader)
    {
        for (long at = 12; at + 8 <= reader.Length;)
        {
            long length = reader.UInt32(at + 4, bigEndian: false);
            if (reader.Has(at, "ICCP"u8))
            {
                return reader.Bytes(at + 8, length).ToArray();
            }

            at += 8 + length + (length & 1);
        }

        return null;
    }

    private static byte[]? ReadTiffProfile(ByteReader reader)
    {
        const int ProfileTag = 34675;
        bool bigEndian = reader.Has(0, "MM"u8);
        long directory = reader.UInt32(4, bigEndian);
        int count = reader.UInt16(directory, bigEndian);
        for (int i = 0; i < count; i++)
        {
            long entry = directory + 2 + (12L * i);
            if (reader.UInt16(entry, bigEndian) == ProfileTag)
            {
                return reader.Bytes(reader.UInt32(entry + 8, bigEndian), reader.UInt32(entry + 4, bigEndian)).ToArray();
            }
        }

        return null;
    }

    private static byte[]? ReadAvifProfile(ByteReader reader)
    {
        const int FullBoxHeader = 4;
        ByteReader meta = FindBox(reader, 0, "meta"u8, out _);
        ByteReader properties = FindBox(FindBox(meta, FullBoxHeader, "iprp"u8, out _), 0, "ipco"u8, out _);
        for (long at = 0; at + 8 <= properties.Length;)
        {
            (long header, long length) = BoxLength(properties, at);
            if (properties.Has(at + 4, "colr"u8) && (properties.Has(at + header, "prof"u8) || properties.Has(at + header, "rICC"u8)))
            {
                return properties.Bytes(at + header + 4, length - header - 4).ToArray();
            }

            at += length;
        }

        return null;
    }
}
