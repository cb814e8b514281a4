using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// Finished consecutive frames of a decode: a view of pixels that belong to the decode, which are overwritten when the next chunk is asked for.
/// Values are nominally in [−1, 1], not clamped.
/// </summary>
internal sealed class VideoChunk
{
    private readonly float[] _values;
    private readonly int _start;
    private readonly int _frameStride;
    private readonly int _channelStride;
    private readonly int _rowStride;

    private VideoChunk(float[] values, int start, int frameStride, int channelStride, int rowStride)
    {
        _values = values;
        _start = start;
        _frameStride = frameStride;
        _channelStride = channelStride;
        _rowStride = rowStride;
    }

    /// <summary>The number of the first frame in the clip.</summary>
    public required int FirstFrame { get; init; }

    /// <summary>The number of frames; may be 0.</summary>
    public required int FrameCount { get; init; }

    /// <summary>Channels of a frame.</summary>
    public required int Channels { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>Columns.</summary>
    public required int Width { get; init; }

    /// <summary>The bytes of one frame as <see cref="CopyRgb24"/> writes it.</summary>
    public int BytesPerFrame => checked(3 * Height * Width);

    /// <summary>A view of a tensor <c>[channels, frames, height, width]</c>.</summary>
    /// <param name="firstFrame">The number of the first frame in the clip.</param>
    /// <param name="pixels">The values.</param>
    public static VideoChunk FromTensor(int firstFrame, HostTensor pixels)
    {
        (int frames, int height, int width) = (pixels.Shape.Extent(1), pixels.Shape.Extent(2), pixels.Shape.Extent(3));
        return new VideoChunk(pixels.Data, 0, height * width, frames * height * width, width)
        {
            FirstFrame = firstFrame,
            FrameCount = frames,
            Channels = pixels.Shape.Extent(0),
            Height = height,
            Width = width,
        };
    }

    /// <summary>A view of values in the order frame, channel, row, column; there may be more of them than the frames take.</summary>
    /// <param name="values">The values, from the first frame on.</param>
    /// <param name="firstFrame">The number of the first frame in the clip.</param>
    /// <param name="frames">Frames.</param>
    /// <param name="channels">Channels of a frame.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static VideoChunk FromFrames(float[] values, int firstFrame, int frames, int channels, int height, int width) =>
        new(values, 0, channels * height * width, height * width, width)
        {
            FirstFrame = firstFrame,
            FrameCount = frames,
            Channels = channels,
            Height = height,
            Width = width,
        };

    /// <summary>The middle of the frames, as a view of the same pixels.</summary>
    /// <param name="width">Columns, at most <see cref="Width"/>.</param>
    /// <param name="height">Rows, at most <see cref="Height"/>.</param>
    public VideoChunk Crop(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Height);
        int corner = ((Height - height) / 2 * _rowStride) + ((Width - width) / 2);
        return new VideoChunk(_values, _start + corner, _frameStride, _channelStride, _rowStride)
        {
            FirstFrame = FirstFrame,
            FrameCount = FrameCount,
            Channels = Channels,
            Height = height,
            Width = width,
        };
    }

    /// <summary>The values of one row.</summary>
    /// <param name="channel">0 … <see cref="Channels"/> − 1.</param>
    /// <param name="frame">0 … <see cref="FrameCount"/> − 1.</param>
    /// <param name="row">0 … <see cref="Height"/> − 1.</param>
    public ReadOnlySpan<float> Row(int channel, int frame, int row) =>
        _values.AsSpan(_start + (frame * _frameStride) + (channel * _channelStride) + (row * _rowStride), Width);

    /// <summary>A copy of the pixels, which stays: <c>[channels, frames, height, width]</c>.</summary>
    public HostTensor ToTensor()
    {
        HostTensor tensor = HostTensor.Zeros(Channels, FrameCount, Height, Width);
        int written = 0;
        for (int channel = 0; channel < Channels; channel++)
        {
            for (int frame = 0; frame < FrameCount; frame++)
            {
                for (int row = 0; row < Height; row++, written += Width)
                {
                    Row(channel, frame, row).CopyTo(tensor.Data.AsSpan(written));
                }
            }
        }

        return tensor;
    }

    /// <summary>Writes one frame as 8-bit RGB, <c>trunc(255·clamp((x + 1)/2, 0, 1))</c>: row by row, three bytes per pixel.</summary>
    /// <param name="frame">The frame within this chunk, 0 … <see cref="FrameCount"/> − 1.</param>
    /// <param name="destination">Receives <see cref="BytesPerFrame"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="InvalidOperationException">The frames do not have three channels.</exception>
    public void CopyRgb24(int frame, Span<byte> destination)
    {
        if (Channels != 3)
        {
            throw new InvalidOperationException($"RGB needs 3 channels, the frames have {Channels}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        if (destination.Length < BytesPerFrame)
        {
            throw new ArgumentException($"A frame has {BytesPerFrame} bytes, the destination {destination.Length}.", nameof(destination));
        }

        int o = 0;
        for (int row = 0; row < Height; row++)
        {
            ReadOnlySpan<float> red = Row(0, frame, row);
            ReadOnlySpan<float> green = Row(1, frame, row);
            ReadOnlySpan<float> blue = Row(2, frame, row);
            for (int x = 0; x < red.Length; x++, o += 3)
            {
                destination[o] = ToByte(red[x]);
                destination[o + 1] = ToByte(green[x]);
                destination[o + 2] = ToByte(blue[x]);
            }
        }
    }

    /// <summary>One value in 8 bits: <c>trunc(255·clamp((x + 1)/2, 0, 1))</c>; NaN gives 0.</summary>
    public static byte ToByte(float value) => (byte)(Math.Min(Math.Max((value + 1) / 2, 0), 1) * 255);
}
