using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// Sums weighted tiles of the frames that are not finished yet. Weights are products of one weight per axis and every combination of tiles occurs,
/// so their sum is the product of the axes' sums: no second buffer is needed for it.
/// </summary>
internal sealed class VideoBlendBuffer
{
    private const float SmallestWeightSum = 1e-8f;

    private readonly VideoTiling _tiling;
    private readonly int _channels;
    private readonly int _plane;
    private float[] _sums = [];
    private int _firstFrame;
    private int _frameCount;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="tiling">The plan.</param>
    /// <param name="channels">Channels of a frame.</param>
    public VideoBlendBuffer(VideoTiling tiling, int channels)
    {
        _tiling = tiling;
        _channels = channels;
        _plane = checked(tiling.Rows.OutLength * tiling.Columns.OutLength);
    }

    /// <summary>Makes room for a group's frames; those it shares with the groups before keep their sums.</summary>
    public void BeginGroup(int group)
    {
        VideoTileSpan span = _tiling.Time.Spans[group];
        float[] sums = new float[checked(_channels * span.OutLength * _plane)];
        for (int channel = 0; channel < _channels; channel++)
        {
            ReadOnlySpan<float> kept = _sums.AsSpan(channel * _frameCount * _plane, _frameCount * _plane);
            kept.CopyTo(sums.AsSpan(channel * span.OutLength * _plane));
        }

        _sums = sums;
        _firstFrame = span.OutStart;
        _frameCount = span.OutLength;
    }

    /// <summary>Adds a decoded tile, weighted.</summary>
    /// <param name="tile"><c>[1, channels, frames, rows, columns]</c> of pixels.</param>
    /// <param name="group">The tile's place in time.</param>
    /// <param name="row">Its place in height.</param>
    /// <param name="column">Its place in width.</param>
    public void Add(HostTensor tile, int group, int row, int column)
    {
        VideoTileSpan time = _tiling.Time.Spans[group];
        VideoTileSpan rows = _tiling.Rows.Spans[row];
        VideoTileSpan columns = _tiling.Columns.Spans[column];
        float[] timeWeights = _tiling.Time.Weights[group];
        float[] rowWeights = _tiling.Rows.Weights[row];
        ReadOnlySpan<float> columnWeights = _tiling.Columns.Weights[column];
        int width = _tiling.Columns.OutLength;
        int read = 0;
        for (int channel = 0; channel < _channels; channel++)
        {
            for (int frame = 0; frame < time.OutLength; frame++)
            {
                int plane = ((channel * _frameCount) + frame) * _plane;
                for (int y = 0; y < rows.OutLength; y++)
                {
                    float weight = timeWeights[frame] * rowWeights[y];
                    Span<float> destination = _sums.AsSpan(plane + ((rows.OutStart + y) * width) + columns.OutStart, columns.OutLength);
                    ReadOnlySpan<float> source = tile.Data.AsSpan(read, columns.OutLength);
                    for (int x = 0; x < destination.Length; x++)
                    {
                        destination[x] += weight * columnWeights[x] * source[x];
                    }

                    read += columns.OutLength;
                }
            }
        }
    }

    /// <summary>Hands out the frames before the next group's first one, divided by their weight sums.</summary>
    public VideoChunk TakeFinished(int group)
    {
        int frames = _tiling.ChunkFrames[group];
        int height = _tiling.Rows.OutLength;
        int width = _tiling.Columns.OutLength;
        HostTensor pixels = HostTensor.Zeros(_channels, frames, height, width);
        ReadOnlySpan<float> columnSums = _tiling.Columns.WeightSums;
        for (int channel = 0; channel < _channels; channel++)
        {
            for (int frame = 0; frame < frames; frame++)
            {
                float timeSum = _tiling.Time.WeightSums[_firstFrame + frame];
                for (int y = 0; y < height; y++)
                {
                    float sum = timeSum * _tiling.Rows.WeightSums[y];
                    ReadOnlySpan<float> source = _sums.AsSpan((((channel * _frameCount) + frame) * _plane) + (y * width), width);
                    Span<float> destination = pixels.Data.AsSpan((((channel * frames) + frame) * _plane) + (y * width), width);
                    for (int x = 0; x < width; x++)
                    {
                        destination[x] = source[x] / Math.Max(sum * columnSums[x], SmallestWeightSum);
                    }
                }
            }
        }

        VideoChunk chunk = new(_firstFrame, pixels);
        Keep(frames);
        return chunk;
    }

    // Only what the next group shares stays, so that the buffer and the next group's sums together hold fewer than two groups.
    private void Keep(int finished)
    {
        int keptFrames = _frameCount - finished;
        float[] kept = new float[_channels * keptFrames * _plane];
        for (int channel = 0; channel < _channels; channel++)
        {
            _sums.AsSpan(((channel * _frameCount) + finished) * _plane, keptFrames * _plane).CopyTo(kept.AsSpan(channel * keptFrames * _plane));
        }

        _sums = kept;
        _firstFrame += finished;
        _frameCount = keptFrames;
    }
}
