namespace LtxEngine;

/// <summary>One frame of a generated clip: 8-bit RGB, row after row from the top, three bytes per pixel, no padding.</summary>
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
}
