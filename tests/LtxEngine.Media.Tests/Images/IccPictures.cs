using System.Buffers.Binary;
using System.IO.Compression;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

/// <summary>Makes ICC profiles and puts them into image files.</summary>
internal static class IccPictures
{
    /// <summary>Primaries adapted to D50: red, green, blue as X, Y, Z.</summary>
    public static readonly double[] Srgb = [0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410];

    public static readonly double[] DisplayP3 = [0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407];

    /// <summary>The sRGB curve as a parametric curve of type 3.</summary>
    public static byte[] SrgbCurve => Parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045);

    public static byte[] Gamma(double gamma) => [.. "curv"u8, 0, 0, 0, 0, .. Int32(1), (byte)gamma, (byte)Math.Round(256 * (gamma - Math.Floor(gamma)))];

    public static byte[] Sampled(params ushort[] samples)
    {
        byte[] curve = [.. "curv"u8, 0, 0, 0, 0, .. Int32(samples.Length), .. samples.SelectMany(s => new[] { (byte)(s >> 8), (byte)s })];
        return curve;
    }

    public static byte[] Parametric(int type, params double[] parameters) =>
        [.. "para"u8, 0, 0, 0, 0, 0, (byte)type, 0, 0, .. parameters.SelectMany(Fixed)];

    public static byte[] Profile(double[] primaries, byte[] curve) => Assemble(
        "RGB ",
        ("rXYZ", Xyz(primaries[..3])), ("gXYZ", Xyz(primaries[3..6])), ("bXYZ", Xyz(primaries[6..])), ("rTRC", curve), ("gTRC", curve), ("bTRC", curve));

    public static byte[] Assemble(string colourSpace, params (string Signature, byte[] Content)[] tags)
    {
        byte[] header = new byte[128];
        header[8] = 4;
        Text("mntr").CopyTo(header, 12);
        Text(colourSpace).CopyTo(header, 16);
        Text("XYZ ").CopyTo(header, 20);
        Text("acsp").CopyTo(header, 36);
        List<byte> table = [.. Int32(tags.Length)];
        List<byte> content = [];
        int start = 128 + 4 + (12 * tags.Length);
        foreach ((string signature, byte[] bytes) in tags)
        {
            table.AddRange([.. Text(signature), .. Int32(start + content.Count), .. Int32(bytes.Length)]);
            content.AddRange(bytes);
            content.AddRange(new byte[(4 - (bytes.Length % 4)) % 4]);
        }

        byte[] profile = [.. header, .. table, .. content];
        BinaryPrimitives.WriteInt32BigEndian(profile, profile.Length);
        return profile;
    }

    public static byte[] Png(RgbImage image, byte[] profile)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(profile);
        }

        byte[] png = TestPictures.Png(image);
        byte[] chunk = [.. "iCCP"u8, .. "name\0\0"u8, .. compressed.ToArray()];
        const int AfterHeader = 33;
        return [.. png[..AfterHeader], .. Int32(chunk.Length - 4), .. chunk, .. Int32((int)CyclicRedundancyCheck(chunk)), .. png[AfterHeader..]];
    }

    /// <summary>The profile in two markers, the second one first.</summary>
    public static byte[] Jpeg(RgbImage image, byte[] profile)
    {
        byte[] jpeg = TestPictures.Jpeg(image);
        int half = profile.Length / 2;
        return [.. jpeg[..2], .. Marker(2, profile[half..]), .. Marker(1, profile[..half]), .. jpeg[2..]];

        static byte[] Marker(byte number, byte[] part)
        {
            int length = part.Length + 16;
            return [0xFF, 0xE2, (byte)(length >> 8), (byte)length, .. "ICC_PROFILE\0"u8, number, 2, .. part];
        }
    }

    public static byte[] WebP(RgbImage image, byte[] profile)
    {
        const byte ProfileFlag = 0x20;
        byte[] webp = TestPictures.WebP(image, lossless: true);
        int width = image.Width - 1;
        int height = image.Height - 1;
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, ProfileFlag, 0, 0, 0, (byte)width, (byte)(width >> 8), 0, (byte)height, (byte)(height >> 8), 0];
        byte[] chunk = [.. "ICCP"u8, .. Int32(profile.Length).Reverse(), .. profile, .. new byte[profile.Length % 2]];
        byte[] body = [.. "WEBP"u8, .. extended, .. chunk, .. webp[12..]];
        return [.. "RIFF"u8, .. Int32(body.Length).Reverse(), .. body];
    }

    /// <summary>The directory is copied to the end, with one tag more.</summary>
    public static byte[] Tiff(RgbImage image, byte[] profile)
    {
        byte[] tiff = TestPictures.Tiff(image);
        int directory = BinaryPrimitives.ReadInt32LittleEndian(tiff.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(directory));
        byte[] entries = tiff[(directory + 2)..(directory + 2 + (12 * count))];
        int profileAt = tiff.Length + (tiff.Length % 2);
        int directoryAt = profileAt + profile.Length + (profile.Length % 2);
        byte[] entry = [0x73, 0x87, 7, 0, .. Int32(profile.Length).Reverse(), .. Int32(profileAt).Reverse()];
        byte[] file =
        [
            .. tiff, .. new byte[tiff.Length % 2], .. profile, .. new byte[profile.Length % 2],
            (byte)(count + 1), (byte)((count + 1) >> 8), .. entries, .. entry, 0, 0, 0, 0,
        ];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), directoryAt);
        return file;
    }

    private static uint CyclicRedundancyCheck(byte[] bytes)
    {
        uint check = uint.MaxValue;
        foreach (byte value in bytes)
        {
            check ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                check = (check >> 1) ^ ((check & 1) * 0xEDB88320);
            }
        }

        return ~check;
    }

    private static byte[] Xyz(double[] values) => [.. "XYZ "u8, 0, 0, 0, 0, .. values.SelectMany(Fixed)];

    private static byte[] Fixed(double value) => Int32((int)Math.Round(value * 65536));

    private static byte[] Text(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
