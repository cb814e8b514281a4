using System.Buffers.Binary;
using System.Text;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class OrientationTests
{
    [Theory]
    [InlineData(1, "abc/def")]
    [InlineData(2, "cba/fed")]
    [InlineData(3, "fed/cba")]
    [InlineData(4, "def/abc")]
    [InlineData(5, "ad/be/cf")]
    [InlineData(6, "da/eb/fc")]
    [InlineData(7, "fc/eb/da")]
    [InlineData(8, "cf/be/ad")]
    public void Every_orientation_puts_pixels_where_it_says(int orientation, string expected)
    {
        RgbImage image = Parse("abc/def");
        Assert.Equal(expected, Print(OrientationTransform.Apply(image, (ExifOrientation)orientation)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Orientation_of_jpeg_png_webp_and_tiff_is_applied(int orientation)
    {
        RgbImage image = TestPictures.Smooth(24, 16);
        RgbImage expected = OrientationTransform.Apply(image, (ExifOrientation)orientation);
        TestPictures.AssertEqual(expected, TestPictures.Decode(WithPngExif(TestPictures.Png(image), orientation, bigEndian: false)));
        TestPictures.AssertEqual(expected, TestPictures.Decode(WithWebPExif(TestPictures.WebP(image, lossless: true), image, orientation)));
        TestPictures.AssertEqual(expected, TestPictures.Decode(WithTiffTag(TestPictures.Tiff(image), orientation)));
        Assert.InRange(TestPictures.Difference(TestPictures.Decode(WithJpegExif(TestPictures.Jpeg(image), orientation, bigEndian: true)), expected), 0, 3);
        Assert.InRange(TestPictures.Difference(TestPictures.Decode(WithJpegExif(TestPictures.Jpeg(image), orientation, bigEndian: false)), expected), 0, 3);
    }

    [Fact]
    public void Orientation_can_be_left_alone()
    {
        RgbImage image = TestPictures.Smooth(24, 16);
        byte[] file = WithPngExif(TestPictures.Png(image), 6, bigEndian: true);
        TestPictures.AssertEqual(image, TestPictures.Decode(file, new ImageDecodingOptions { ApplyOrientation = false }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void Unknown_orientations_change_nothing(int orientation)
    {
        RgbImage image = TestPictures.Smooth(24, 16);
        TestPictures.AssertEqual(image, TestPictures.Decode(WithPngExif(TestPictures.Png(image), orientation, bigEndian: true)));
    }

    [Fact]
    public void Broken_exif_does_not_spoil_the_picture()
    {
        RgbImage image = TestPictures.Smooth(24, 16);
        byte[] exif = Exif(6, bigEndian: true);
        BinaryPrimitives.WriteUInt32BigEndian(exif.AsSpan(4), 0xFFFF_FFF0);
        TestPictures.AssertEqual(image, TestPictures.Decode(WithPngChunk(TestPictures.Png(image), exif)));
    }

    private static byte[] Exif(int orientation, bool bigEndian)
    {
        byte[] exif = new byte[26];
        (bigEndian ? "MM\0*"u8 : "II*\0"u8).CopyTo(exif);
        Write32(4, 8);
        Write16(8, 1);
        Write16(10, 274);
        Write16(12, 3);
        Write32(14, 1);
        Write16(18, orientation);
        return exif;

        void Write16(int at, int value)
        {
            if (bigEndian)
            {
                BinaryPrimitives.WriteUInt16BigEndian(exif.AsSpan(at), (ushort)value);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(at), (ushort)value);
            }
        }

        void Write32(int at, uint value)
        {
            if (bigEndian)
            {
                BinaryPrimitives.WriteUInt32BigEndian(exif.AsSpan(at), value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(exif.AsSpan(at), value);
            }
        }
    }

    internal static byte[] WithJpegExif(byte[] jpeg, int orientation, bool bigEndian)
    {
        byte[] content = [.. "Exif\0\0"u8, .. Exif(orientation, bigEndian)];
        int length = content.Length + 2;
        return [.. jpeg[..2], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. content, .. jpeg[2..]];
    }

    private static byte[] WithPngExif(byte[] png, int orientation, bool bigEndian) => WithPngChunk(png, Exif(orientation, bigEndian));

    private static byte[] WithPngChunk(byte[] png, byte[] exif)
    {
        const int AfterHeader = 8 + 12 + 13;
        byte[] typed = [.. "eXIf"u8, .. exif];
        byte[] length = new byte[4];
        byte[] checksum = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, exif.Length);
        BinaryPrimitives.WriteUInt32BigEndian(checksum, PngChecksum(typed));
        return [.. png[..AfterHeader], .. length, .. typed, .. checksum, .. png[AfterHeader..]];
    }

    private static uint PngChecksum(ReadOnlySpan<byte> bytes)
    {
        uint checksum = 0xFFFF_FFFF;
        foreach (byte value in bytes)
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                checksum = (checksum & 1) != 0 ? (checksum >> 1) ^ 0xEDB8_8320 : checksum >> 1;
            }
        }

        return ~checksum;
    }

    private static byte[] WithWebPExif(byte[] webp, RgbImage image, int orientation)
    {
        byte[] exif = Exif(orientation, bigEndian: false);
        byte[] extended = new byte[18];
        "VP8X"u8.CopyTo(extended);
        BinaryPrimitives.WriteInt32LittleEndian(extended.AsSpan(4), 10);
        extended[8] = 0x08;
        BinaryPrimitives.WriteUInt16LittleEndian(extended.AsSpan(12), (ushort)(image.Width - 1));
        BinaryPrimitives.WriteUInt16LittleEndian(extended.AsSpan(15), (ushort)(image.Height - 1));
        byte[] exifLength = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(exifLength, exif.Length);
        byte[] body = [.. "WEBP"u8, .. extended, .. webp[12..], .. "EXIF"u8, .. exifLength, .. exif];
        byte[] bodyLength = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bodyLength, body.Length);
        return [.. "RIFF"u8, .. bodyLength, .. body];
    }

    /// <summary>Copies the directory to the end with one tag more; all offsets inside stay right.</summary>
    private static byte[] WithTiffTag(byte[] tiff, int orientation)
    {
        Assert.Equal("II"u8.ToArray(), tiff[..2]);
        int directory = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(directory));
        List<byte[]> entries = [.. Enumerable.Range(0, count).Select(i => tiff.AsSpan(directory + 2 + (12 * i), 12).ToArray())];
        byte[] tag = new byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(tag, 274);
        BinaryPrimitives.WriteUInt16LittleEndian(tag.AsSpan(2), 3);
        BinaryPrimitives.WriteInt32LittleEndian(tag.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(tag.AsSpan(8), (ushort)orientation);
        entries.RemoveAll(e => BinaryPrimitives.ReadUInt16LittleEndian(e) == 274);
        entries.Add(tag);
        entries.Sort((a, b) => BinaryPrimitives.ReadUInt16LittleEndian(a).CompareTo(BinaryPrimitives.ReadUInt16LittleEndian(b)));
        byte[] result = [.. tiff, .. new byte[tiff.Length % 2], (byte)entries.Count, 0, .. entries.SelectMany(e => e), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(4), tiff.Length + (tiff.Length % 2));
        return result;
    }

    private static RgbImage Parse(string text)
    {
        string[] rows = text.Split('/');
        byte[] pixels = [.. rows.SelectMany(r => r).SelectMany(c => new[] { (byte)c, (byte)(c + 1), (byte)(c + 2) })];
        return new RgbImage(rows[0].Length, rows.Length, pixels);
    }

    private static string Print(RgbImage image)
    {
        StringBuilder text = new();
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            ReadOnlySpan<byte> pixel = image.Pixels.Span.Slice(i * 3, 3);
            Assert.Equal((pixel[0] + 1, pixel[0] + 2), (pixel[1], pixel[2]));
            text.Append(i > 0 && i % image.Width == 0 ? "/" : string.Empty).Append((char)pixel[0]);
        }

        return text.ToString();
    }
}
