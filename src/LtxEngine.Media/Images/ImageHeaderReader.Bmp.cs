namespace LtxEngine.Media.Images;

/// <content>BMP and GIF: fixed headers.</content>
internal static partial class ImageHeaderReader
{
    private static (long Width, long Height, ExifOrientation Orientation) ReadBmp(ByteReader reader)
    {
        const int CoreHeaderLength = 12;
        long pixelsAt = reader.UInt32(10, bigEndian: false);
        long headerLength = reader.UInt32(14, bigEndian: false);
        if (headerLength == CoreHeaderLength)
        {
            long coreWidth = reader.UInt16(18, bigEndian: false);
            long coreHeight = reader.UInt16(20, bigEndian: false);
            RequirePixels(reader, pixelsAt, coreWidth, coreHeight, reader.UInt16(24, bigEndian: false));
            return (coreWidth, coreHeight, ExifOrientation.Upright);
        }

        long width = (int)reader.UInt32(18, bigEndian: false);
        long height = Math.Abs((long)(int)reader.UInt32(22, bigEndian: false));
        long compression = reader.UInt32(30, bigEndian: false);
        if (compression is 0 or 3 && width > 0)
        {
            RequirePixels(reader, pixelsAt, width, height, reader.UInt16(28, bigEndian: false));
        }

        return (width, height, ExifOrientation.Upright);
    }

    private static void RequirePixels(ByteReader reader, long pixelsAt, long width, long height, int bitsPerPixel)
    {
        // Rows of uncompressed bitmaps are padded to 4 bytes. Sides beyond the limits are refused by name elsewhere.
        long bytes = ((width * bitsPerPixel) + 31) / 32 * 4 * height;
        if (width <= ushort.MaxValue && height <= ushort.MaxValue && pixelsAt + bytes > reader.Length)
        {
            throw reader.Corrupt($"it ends early (a {width} × {height} picture needs {pixelsAt + bytes} bytes, the file has {reader.Length})");
        }
    }

    private static (long Width, long Height, ExifOrientation Orientation) ReadGif(ByteReader reader) =>
        (reader.UInt16(6, bigEndian: false), reader.UInt16(8, bigEndian: false), ExifOrientation.Upright);
}
