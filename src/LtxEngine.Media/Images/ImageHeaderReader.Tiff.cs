namespace LtxEngine.Media.Images;

/// <content>TIFF and EXIF: the first directory of tags.</content>
internal static partial class ImageHeaderReader
{
    private const int WidthTag = 256;
    private const int HeightTag = 257;
    private const int OrientationTag = 274;

    private static (long Width, long Height, ExifOrientation Orientation) ReadTiff(ByteReader reader)
    {
        long width = ReadTag(reader, WidthTag) ?? throw reader.Corrupt("it gives no width");
        long height = ReadTag(reader, HeightTag) ?? throw reader.Corrupt("it gives no height");
        return (width, height, ToOrientation(ReadTag(reader, OrientationTag)));
    }

    private static ExifOrientation ReadExif(ByteReader exif)
    {
        try
        {
            return exif.Has(0, "II*\0"u8) || exif.Has(0, "MM\0*"u8) ? ToOrientation(ReadTag(exif, OrientationTag)) : ExifOrientation.Upright;
        }
        catch (MediaException)
        {
            // Broken EXIF data is common and harmless: the picture itself is still good.
            return ExifOrientation.Upright;
        }
    }

    private static ExifOrientation ToOrientation(long? value) => value is >= 1 and <= 8 ? (ExifOrientation)value : ExifOrientation.Upright;

    private static long? ReadTag(ByteReader reader, int wantedTag)
    {
        const int ShortType = 3;
        const int LongType = 4;
        bool bigEndian = reader.Has(0, "MM"u8);
        long directory = reader.UInt32(4, bigEndian);
        int count = reader.UInt16(directory, bigEndian);
        for (int i = 0; i < count; i++)
        {
            long entry = directory + 2 + (12L * i);
            if (reader.UInt16(entry, bigEndian) == wantedTag)
            {
                return reader.UInt16(entry + 2, bigEndian) switch
                {
                    ShortType => reader.UInt16(entry + 8, bigEndian),
                    LongType => reader.UInt32(entry + 8, bigEndian),
                    _ => null,
                };
            }
        }

        return null;
    }
}
