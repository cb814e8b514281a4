using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>Finished consecutive frames of a decode.</summary>
/// <param name="FirstFrame">The number of the first frame in the clip.</param>
/// <param name="Pixels"><c>[channels, frames, height, width]</c>, nominally in [−1, 1], not clamped. May hold no frame.</param>
internal sealed record VideoChunk(int FirstFrame, HostTensor Pixels)
{
    /// <summary>The number of frames; may be 0.</summary>
    public int FrameCount => Pixels.Shape.Extent(1);

    /// <summary>Rows.</summary>
    public int Height => Pixels.Shape.Extent(2);

    /// <summary>Columns.</summary>
    public int Width => Pixels.Shape.Extent(3);

    /// <summary>The bytes of one frame as <see cref="CopyRgb24"/> writes it.</summary>
    public int BytesPerFrame => checked(3 * Height * Width);

    /// <summary>Writes one frame as 8-bit RGB, <c>trunc(255·clamp((x + 1)/2, 0, 1))</c>: row by row, three bytes per pixel.</summary>
    /// <param name="frame">The frame within this chunk, 0 … <see cref="FrameCount"/> − 1.</param>
    /// <param name="destination">Receives <see cref="BytesPerFrame"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="InvalidOperationException">The frames do not have three channels.</exception>
    public void CopyRgb24(int frame, Span<byte> destination)
    {
        if (Pixels.Shape[0] != 3)
        {
            throw new InvalidOperationException($"RGB needs 3 channels, the frames have {Pixels.Shape[0]}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        if (destination.Length < BytesPerFrame)
        {
            throw new ArgumentException($"A frame has {BytesPerFrame} bytes, the destination {destination.Length}.", nameof(destination));
        }

        int plane = Height * Width;
        int channelStride = FrameCount * plane;
        ReadOnlySpan<float> red = Pixels.Data.AsSpan(frame * plane, plane);
        ReadOnlySpan<float> green = Pixels.Data.AsSpan(channelStride + (frame * plane), plane);
        ReadOnlySpan<float> blue = Pixels.Data.AsSpan((2 * channelStride) + (frame * plane), plane);
        for (int i = 0, o = 0; i < plane; i++, o += 3)
        {
            destination[o] = ToByte(red[i]);
            destination[o + 1] = ToByte(green[i]);
            destination[o + 2] = ToByte(blue[i]);
        }
    }

    /// <summary>One value in 8 bits: <c>trunc(255·clamp((x + 1)/2, 0, 1))</c>; NaN gives 0.</summary>
    public static byte ToByte(float value) => (byte)(Math.Min(Math.Max((value + 1) / 2, 0), 1) * 255);
}
