using LtxEngine.Media.Images;
using LtxEngine.Media.Output;

namespace LtxEngine;

/// <summary>One frame of a generated clip, or a preview of one: 8-bit RGB, row after row from the top, three bytes per pixel, no padding.</summary>
public sealed class VideoFrame
{
    /// <summary>Creates a frame.</summary>
    /// <param name="index">Position in the clip, from 0.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">width · height · 3 bytes; kept, not copied.</param>
    /// <param name="timestamp">When the frame starts.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative or a side is not positive.</exception>
    /// <exception cref="ArgumentException">The pixels have another length.</exception>
    public VideoFrame(int index, int width, int height, ReadOnlyMemory<byte> pixels, TimeSpan timestamp)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long expected = checked((long)width * height * 3);
        if (pixels.Length != expected)
        {
            throw new ArgumentException($"A {width} × {height} RGB frame has {expected} bytes, not {pixels.Length}.", nameof(pixels));
        }

        Index = index;
        Width = width;
        Height = height;
        Pixels = pixels;
        Timestamp = timestamp;
    }

    /// <summary>Position in the clip, from 0.</summary>
    public int Index { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>RGB bytes, <see cref="Width"/> · <see cref="Height"/> · 3 of them.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>When the frame starts, counted from the first frame.</summary>
    public TimeSpan Timestamp { get; }

    /// <summary>The picture as a PNG file.</summary>
    /// <returns>The bytes of the file.</returns>
    public byte[] ToPng() => PngEncoder.Encode(Width, Height, Pixels.Span);

    /// <summary>Writes the picture as a PNG file. It appears under its name when it is complete, so that whoever looks at the file never sees half of it.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="MediaException">The file exists and must stay, or cannot be written.</exception>
    public void SavePng(string path, bool overwrite = false)
    {
        using OutputFile output = new(path, overwrite);
        try
        {
            File.WriteAllBytes(output.TemporaryPath, ToPng());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);
        }

        output.Commit();
    }
}
