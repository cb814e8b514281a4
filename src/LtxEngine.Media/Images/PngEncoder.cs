using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace LtxEngine.Media.Images;

/// <summary>Writes small pictures as PNG (W3C PNG specification) without starting ffmpeg: it is done between two denoising steps.</summary>
internal static class PngEncoder
{
    /// <summary>Each byte of a row is stored as its difference from the pixel on its left, which makes smooth pictures small.</summary>
    private const byte SubFilter = 1;

    private const int Channels = 3;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Encodes a picture.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">width · height · 3 bytes, RGB, row by row.</param>
    /// <returns>The file.</returns>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> pixels)
    {
        using MemoryStream file = new();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);

        // 8 bits, RGB; the only compression, filter and order of rows that there are.
        header[8] = 8;
        header[9] = 2;
        header[10..].Clear();
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(width * Channels, pixels));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(int rowLength, ReadOnlySpan<byte> pixels)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Fastest))
        {
            byte[] filtered = new byte[1 + rowLength];
            filtered[0] = SubFilter;
            for (int start = 0; start < pixels.Length; start += rowLength)
            {
                ReadOnlySpan<byte> row = pixels.Slice(start, rowLength);
                for (int i = 0; i < rowLength; i++)
                {
                    filtered[1 + i] = unchecked((byte)(row[i] - (i < Channels ? 0 : row[i - Channels])));
                }

                zlib.Write(filtered);
            }
        }

        return compressed.ToArray();
    }

    /// <summary>Length, name, content, and the CRC-32 of name and content.</summary>
    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(name);
        file.Write(content);
        Crc32 checksum = new();
        checksum.Append(name);
        checksum.Append(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
