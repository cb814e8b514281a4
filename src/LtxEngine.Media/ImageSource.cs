using LtxEngine.Media.Images;

namespace LtxEngine;

/// <summary>
/// Where an image comes from: a file, bytes or a stream holding PNG, JPEG, WebP, AVIF, BMP, TIFF or GIF (its first frame), or ready
/// RGB pixels. The image is read when a request needs it; what is wrong with it is told by a <see cref="MediaException"/> then.
/// </summary>
public sealed class ImageSource
{
    private readonly string? _path;
    private readonly ReadOnlyMemory<byte>? _bytes;
    private readonly Stream? _stream;
    private readonly Lock _lock = new();
    private Task<ReadOnlyMemory<byte>>? _streamContent;

    private ImageSource(string description, string? path = null, ReadOnlyMemory<byte>? bytes = null, Stream? stream = null, RgbImage? pixels = null)
    {
        Description = description;
        _path = path;
        _bytes = bytes;
        _stream = stream;
        Pixels = pixels;
    }

    /// <summary>The ready pixels; null where the image has to be decoded.</summary>
    internal RgbImage? Pixels { get; }

    /// <summary>The file; null where the image is none.</summary>
    internal string? FilePath => _path;

    /// <summary>What messages call the image: the file's path, or its kind.</summary>
    internal string Description { get; }

    /// <summary>An image file.</summary>
    /// <param name="path">Path of the file; its ending does not matter, the content decides.</param>
    /// <returns>The source. The file is opened when a request needs it.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static ImageSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new ImageSource(path, path: path);
    }

    /// <summary>The content of an image file.</summary>
    /// <param name="bytes">The bytes; kept, not copied, so they must not change.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> bytes) => new("the image bytes", bytes: bytes);

    /// <summary>A stream with the content of an image file.</summary>
    /// <param name="stream">Read to its end once, when a request first needs it, and kept in memory; the caller closes it.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">The stream cannot be read.</exception>
    public static ImageSource FromStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanRead
            ? new ImageSource("the image stream", stream: stream)
            : throw new ArgumentException("The stream cannot be read.", nameof(stream));
    }

    /// <summary>Ready pixels: 8-bit RGB, row after row from the top, three bytes per pixel, no padding.</summary>
    /// <param name="rgb">width · height · 3 bytes; kept, not copied, so they must not change.</param>
    /// <param name="width">Width in pixels, 1 … 65535.</param>
    /// <param name="height">Height in pixels, 1 … 65535.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is outside its range.</exception>
    /// <exception cref="ArgumentException">The pixels have another length.</exception>
    public static ImageSource FromPixels(ReadOnlyMemory<byte> rgb, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 65535);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, 65535);
        long expected = (long)width * height * 3;
        return rgb.Length == expected
            ? new ImageSource("the image pixels", pixels: new RgbImage(width, height, rgb))
            : throw new ArgumentException($"A {width} × {height} RGB image has {expected} bytes, not {rgb.Length}.", nameof(rgb));
    }

    /// <summary>Reads the encoded image into memory.</summary>
    /// <param name="maxBytes">The largest allowed size.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The whole file.</returns>
    /// <exception cref="MediaException">The image cannot be read, is empty or is larger than allowed.</exception>
    internal async Task<ReadOnlyMemory<byte>> ReadEncodedAsync(long maxBytes, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> content;
        if (_path is not null)
        {
            content = await ReadFileAsync(_path, maxBytes, cancellationToken).ConfigureAwait(false);
        }
        else if (_stream is not null)
        {
            Task<ReadOnlyMemory<byte>> reading;
            lock (_lock)
            {
                // One read serves every request: a stream cannot be rewound, so one caller's cancellation must not spoil it.
                reading = _streamContent ??= ReadAllAsync(_stream, maxBytes, Description, CancellationToken.None);
            }

            content = await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            content = _bytes ?? throw new InvalidOperationException("The image has pixels and needs no decoding.");
        }

        if (content.IsEmpty)
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read {Description}: it is empty.");
        }

        return content.Length <= maxBytes ? content : throw TooManyBytes(Description, maxBytes);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadFileAsync(string path, long maxBytes, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read the image {path}: it is a folder.");
        }

        if (!File.Exists(path))
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read the image {path}: there is no such file.");
        }

        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (file.ConfigureAwait(false))
            {
                return await ReadAllAsync(file, maxBytes, path, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read the image {path}: {exception.Message}", innerException: exception);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream stream, long maxBytes, string description, CancellationToken cancellationToken)
    {
        using MemoryStream content = new();
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (content.Length + read > maxBytes)
            {
                throw TooManyBytes(description, maxBytes);
            }

            content.Write(buffer, 0, read);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private static MediaException TooManyBytes(string description, long maxBytes) => new(
        MediaErrorKind.TooLarge,
        $"Cannot read {description}: it has more than {maxBytes} bytes. Give a smaller file or raise {nameof(ImageDecodingOptions)}.{nameof(ImageDecodingOptions.MaxEncodedBytes)}.");
}
