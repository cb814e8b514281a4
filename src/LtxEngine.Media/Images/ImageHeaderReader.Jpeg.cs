namespace LtxEngine.Media.Images;

/// <content>JPEG: markers; the size is in the frame header, the orientation in APP1.</content>
internal static partial class ImageHeaderReader
{
    private static (long Width, long Height, ExifOrientation Orientation) ReadJpeg(ByteReader reader)
    {
        (long Width, long Height)? size = null;
        ExifOrientation orientation = ExifOrientation.Upright;
        long at = 2;
        while (true)
        {
            if (reader.Byte(at) != 0xFF)
            {
                throw reader.Corrupt("a marker is missing");
            }

            int marker = reader.Byte(at + 1);
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                at += 2;
                continue;
            }

            int length = reader.UInt16(at + 2, bigEndian: true);
            if (length < 2 || marker == 0xD9)
            {
                throw reader.Corrupt("it has no picture");
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                size = (reader.UInt16(at + 7, bigEndian: true), reader.UInt16(at + 5, bigEndian: true));
            }
            else if (marker == 0xE1 && reader.Has(at + 4, "Exif\0\0"u8))
            {
                orientation = ReadExif(reader.Part(at + 10, length - 8));
            }
            else if (marker == 0xDA)
            {
                // Decoders fill what is missing with grey; only the end marker shows that everything arrived.
                ReadOnlySpan<byte> picture = reader.Bytes(at, reader.Length - at);
                if (picture.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0)
                {
                    throw reader.Corrupt("it ends early");
                }

                return size is { } found ? (found.Width, found.Height, orientation) : throw reader.Corrupt("it gives no size");
            }

            at += 2 + length;
        }
    }
}
