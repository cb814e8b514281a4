namespace LtxEngine.Media.Images;

/// <content>AVIF: the properties (size, rotation, mirroring) of the primary item in the meta box.</content>
internal static partial class ImageHeaderReader
{
    private static (long Width, long Height, ExifOrientation Orientation) ReadAvif(ByteReader reader)
    {
        const int FullBoxHeader = 4;
        ByteReader meta = FindBox(reader, 0, "meta"u8, out bool hasMeta);
        if (!hasMeta)
        {
            throw reader.Unsupported("the AVIF file has no still picture");
        }

        RequireTopLevelBoxes(reader);
        ByteReader primary = FindBox(meta, FullBoxHeader, "pitm"u8, out bool hasPrimary);
        long primaryItem = !hasPrimary ? -1 : primary.Byte(0) == 0 ? primary.UInt16(4, bigEndian: true) : primary.UInt32(4, bigEndian: true);
        ByteReader properties = FindBox(meta, FullBoxHeader, "iprp"u8, out bool hasProperties);
        if (!hasProperties)
        {
            throw reader.Corrupt("it gives no size");
        }

        ByteReader list = FindBox(properties, 0, "ipco"u8, out _);
        ByteReader associations = FindBox(properties, 0, "ipma"u8, out bool hasAssociations);
        HashSet<int> ownProperties = hasAssociations ? ReadAssociations(associations, primaryItem) : [];
        long width = 0;
        long height = 0;
        int quarterTurns = 0;
        int? mirrorAxis = null;
        int index = 0;
        for (long at = 0; at + 8 <= list.Length;)
        {
            long length = list.UInt32(at, bigEndian: true);
            if (length < 8)
            {
                throw reader.Corrupt("a property has no length");
            }

            index++;
            bool own = ownProperties.Contains(index);
            if (list.Has(at + 4, "ispe"u8) && (own || ownProperties.Count == 0))
            {
                width = Math.Max(width, list.UInt32(at + 12, bigEndian: true));
                height = Math.Max(height, list.UInt32(at + 16, bigEndian: true));
            }
            else if (own && list.Has(at + 4, "irot"u8))
            {
                quarterTurns = list.Byte(at + 8) & 3;
            }
            else if (own && list.Has(at + 4, "imir"u8))
            {
                mirrorAxis = list.Byte(at + 8) & 1;
            }

            at += length;
        }

        return (width, height, ToOrientation(quarterTurns, mirrorAxis));
    }

    // irot turns anti-clockwise by quarter turns, then imir mirrors: axis 0 swaps top and bottom, axis 1 left and right.
    private static ExifOrientation ToOrientation(int quarterTurns, int? mirrorAxis) => (quarterTurns, mirrorAxis) switch
    {
        (0, null) => ExifOrientation.Upright,
        (1, null) => ExifOrientation.Rotate270,
        (2, null) => ExifOrientation.Rotate180,
        (3, null) => ExifOrientation.Rotate90,
        (0, 0) or (2, 1) => ExifOrientation.MirrorVertically,
        (0, 1) or (2, 0) => ExifOrientation.MirrorHorizontally,
        (1, 0) or (3, 1) => ExifOrientation.Transpose,
        _ => ExifOrientation.Transverse,
    };

    private static HashSet<int> ReadAssociations(ByteReader box, long item)
    {
        int version = box.Byte(0);
        bool wideIndex = (box.Byte(3) & 1) != 0;
        long count = box.UInt32(4, bigEndian: true);
        HashSet<int> result = [];
        long at = 8;
        for (long i = 0; i < count; i++)
        {
            long id = version == 0 ? box.UInt16(at, bigEndian: true) : box.UInt32(at, bigEndian: true);
            at += version == 0 ? 2 : 4;
            int properties = box.Byte(at++);
            for (int k = 0; k < properties; k++)
            {
                int index = wideIndex ? box.UInt16(at, bigEndian: true) & 0x7FFF : box.Byte(at) & 0x7F;
                at += wideIndex ? 2 : 1;
                if (id == item || item < 0)
                {
                    result.Add(index);
                }
            }
        }

        return result;
    }

    private static ByteReader FindBox(ByteReader parent, long start, ReadOnlySpan<byte> type, out bool found)
    {
        long at = start;
        while (at + 8 <= parent.Length)
        {
            (long header, long length) = BoxLength(parent, at);
            if (parent.Has(at + 4, type))
            {
                found = true;
                return parent.Part(at + header, length - header);
            }

            at += length;
        }

        found = false;
        return parent.Part(0, 0);
    }

    private static void RequireTopLevelBoxes(ByteReader reader)
    {
        for (long at = 0; at + 8 <= reader.Length;)
        {
            (_, long length) = BoxLength(reader, at);
            reader.Bytes(at, length);
            at += length;
        }
    }

    private static (long Header, long Length) BoxLength(ByteReader reader, long at)
    {
        long length = reader.UInt32(at, bigEndian: true);
        if (length == 0)
        {
            return (8, reader.Length - at);
        }

        long header = 8;
        if (length == 1)
        {
            header = 16;
            length = (reader.UInt32(at + 8, bigEndian: true) << 32) | reader.UInt32(at + 12, bigEndian: true);
        }

        return length >= header && length <= reader.Length ? (header, length) : throw reader.Corrupt("a box has a wrong length");
    }
}
