using System.Buffers.Binary;

namespace LtxEngine.Media.Images;

/// <summary>Bounds-checked access to an image file: every read beyond the end is a typed error, never an exception of the runtime.</summary>
/// <param name="file">The bytes.</param>
/// <param name="description">What messages call the image.</param>
/// <param name="format">The format, for messages.</param>
internal readonly ref struct ByteReader(ReadOnlySpan<byte> file, string description, ImageFormat format)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private readonly string _description = description;
    private readonly ImageFormat _format = format;

    /// <summary>Number of bytes.</summary>
    public int Length => _file.Length;

    /// <summary>A reader of a part of the bytes.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    public ByteReader Part(long offset, long length) => new(Bytes(offset, length), _description, _format);

    /// <summary>A view of some bytes.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="MediaException">The file ends earlier.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > _file.Length || length > _file.Length - offset)
        {
            throw Corrupt("it ends early");
        }

        return _file.Slice((int)offset, (int)length);
    }

    /// <summary>Whether some text stands at an offset.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="text">The expected bytes.</param>
    public bool Has(long offset, ReadOnlySpan<byte> text) =>
        offset >= 0 && offset <= _file.Length - text.Length && _file.Slice((int)offset, text.Length).SequenceEqual(text);

    /// <summary>Reads one byte.</summary>
    /// <param name="offset">Its place.</param>
    public int Byte(long offset) => Bytes(offset, 1)[0];

    /// <summary>Reads 16 bits.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="bigEndian">The byte order.</param>
    public int UInt16(long offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Bytes(offset, 2)) : BinaryPrimitives.ReadUInt16LittleEndian(Bytes(offset, 2));

    /// <summary>Reads 24 bits, lowest byte first.</summary>
    /// <param name="offset">First byte.</param>
    public int UInt24LittleEndian(long offset) => UInt16(offset, bigEndian: false) | (Byte(offset + 2) << 16);

    /// <summary>Reads 32 bits.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="bigEndian">The byte order.</param>
    public long UInt32(long offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Bytes(offset, 4)) : BinaryPrimitives.ReadUInt32LittleEndian(Bytes(offset, 4));

    /// <summary>The error for a damaged file.</summary>
    /// <param name="reason">What is wrong: "it ends early".</param>
    /// <returns>The exception to throw.</returns>
    public MediaException Corrupt(string reason) =>
        new(MediaErrorKind.Corrupt, $"Cannot read {_description}: the {_format} file is damaged: {reason}.");

    /// <summary>The error for a variant that cannot be read.</summary>
    /// <param name="reason">What is not supported.</param>
    /// <returns>The exception to throw.</returns>
    public MediaException Unsupported(string reason) => new(MediaErrorKind.UnsupportedFormat, $"Cannot read {_description}: {reason}.");
}
