namespace LtxEngine.Media.Images;

/// <content>PNG: an IHDR chunk in front, IEND at the end, orientation in eXIf.</content>
internal static partial class ImageHeaderReader
{
    private static (long Width, long Height, ExifOrientation Orientation) ReadPng(ByteReader reader)
    {
        if (!reader.Has(12, "IHDR"u8))
        {
            throw reader.Corrupt("the header chunk is missing");
        }

        long width = reader.UInt32(16, bigEndian: true);
        long height = reader.UInt32(20, bigEndian: true);
        ExifOrientation orientation = ExifOrientation.Upright;
        long at = 8;
        while (true)
        {
            long length = reader.UInt32(at, bigEndian: true);
            if (reader.Has(at + 4, "IEND"u8))
            {
                return (width, height, orientation);
            }

            if (reader.Has(at + 4, "eXIf"u8))
            {
                orientation = ReadExif(reader.Part(at + 8, length));
            }

            at += 12 + length;
        }
    }
}
