namespace LtxEngine.Media.Tests.Images;

/// <summary>Writes an 8 × 8 baseline JPEG of one CMYK colour: ffmpeg has no encoder for it. Only DC coefficients, quantiser 1.</summary>
internal static class CmykJpeg
{
    private static readonly string[] DcCodes = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110"];

    public static byte[] Create(byte cyan, byte magenta, byte yellow, byte black)
    {
        List<byte> file = [0xFF, 0xD8];
        Segment(file, 0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        Segment(file, 0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]);
        Segment(file, 0xC0, [8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
        Segment(file, 0xC4, [0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        Segment(file, 0xC4, [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00]);
        Segment(file, 0xDA, [4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        string bits = Block(cyan) + Block(magenta) + Block(yellow) + Block(black);
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '1');
        for (int i = 0; i < bits.Length; i += 8)
        {
            byte value = Convert.ToByte(bits.Substring(i, 8), 2);
            file.Add(value);
            if (value == 0xFF)
            {
                file.Add(0);
            }
        }

        file.AddRange([0xFF, 0xD9]);
        return [.. file];
    }

    private static string Block(byte value)
    {
        int coefficient = 8 * (value - 128);
        int category = coefficient == 0 ? 0 : int.Log2(Math.Abs(coefficient)) + 1;
        int stored = coefficient < 0 ? coefficient + (1 << category) - 1 : coefficient;
        string digits = category == 0 ? string.Empty : Convert.ToString(stored, 2).PadLeft(category, '0');
        return DcCodes[category] + digits + "0";
    }

    private static void Segment(List<byte> file, byte marker, byte[] content)
    {
        int length = content.Length + 2;
        file.AddRange([0xFF, marker, (byte)(length >> 8), (byte)length, .. content]);
    }
}
