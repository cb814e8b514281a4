namespace LtxEngine.Media.Images;

/// <content>WebP: RIFF chunks; VP8 (lossy), VP8L (lossless) or VP8X (extended, with EXIF).</content>
internal static partial class ImageHeaderReader
{
    private static (long Width, long Height, ExifOrientation Orientation) ReadWebP(ByteReader reader)
    {
        const int AnimationFlag = 2;
        long end = 8 + reader.UInt32(4, bigEndian: false);
        if (end > reader.Length)
        {
            throw reader.Corrupt("it ends early");
        }

        long width = 0;
        long height = 0;
        ExifOrientation orientation = ExifOrientation.Upright;
        long at = 12;
        while (at + 8 <= end)
        {
            long length = reader.UInt32(at + 4, bigEndian: false);
            ByteReader chunk = reader.Part(at + 8, length);
            if (reader.Has(at, "VP8X"u8))
            {
                if ((chunk.Byte(0) & AnimationFlag) != 0)
                {
                    throw reader.Unsupported("it is an animated WebP; give a still picture");
                }

                width = Math.Max(width, chunk.UInt24LittleEndian(4) + 1);
                height = Math.Max(height, chunk.UInt24LittleEndian(7) + 1);
            }
            else if (reader.Has(at, "VP8 "u8))
            {
                width = Math.Max(width, chunk.UInt16(6, bigEndian: false) & 0x3FFF);
                height = Math.Max(height, chunk.UInt16(8, bigEndian: false) & 0x3FFF);
            }
            else if (reader.Has(at, "VP8L"u8))
            {
                long bits = chunk.UInt32(1, bigEndian: false);
                width = Math.Max(width, (bits & 0x3FFF) + 1);
                height = Math.Max(height, ((bits >> 14) & 0x3FFF) + 1);
            }
            else if (reader.Has(at, "EXIF"u8))
            {
                orientation = ReadExif(chunk.Has(0, "Exif\0\0"u8) ? chunk.Part(6, chunk.Length - 6) : chunk);
            }

            at += 8 + length + (length & 1);
        }

        return (width, height, orientation);
    }
}
