namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// Sums weighted tiles of the frames that are not finished yet, in one buffer of the longest group that serves all groups. Finished frames are
/// divided and handed out where they lie; the next group moves what it shares to the front. Weights are products of one weight per axis and every
/// combination of tiles occurs, so their sum is the product of the axes' sums: no second buffer is needed for it.
/// </summary>
internal sealed class VideoBlendBuffer
{
    private const float SmallestWeightSum = 1e-8f;

    private readonly VideoTiling _tiling;
    private readonly int _channels;
    private readonly int _plane;

    /// <summary>In the order frame, channel, row, column, so that the frames of a group are one piece.</summary>
    private readonly float[] _sums;
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
        _sums = new float[checked(channels * _plane * tiling.Time.Spans.Max(span => span.OutLength))];
    }

    /// <summary>Makes room for a group's frames; those it shares with the groups before keep their sums. Chunks handed out before lose their pixels.</summary>
    public void BeginGroup(int group)
    {
        VideoTileSpan span = _tiling.Time.Spans[group];
        int values = _channels * _plane;
        int finished = Math.Min(span.OutStart - _firstFrame, _frameCount);
        int kept = _frameCount - finished;
        _sums.AsSpan(finished * values, kept * values).CopyTo(_sums);
        _sums.AsSpan(kept * values, (span.OutLength - kept) * values).Clear();
        _firstFrame = span.OutStart;
        _frameCount = span.OutLength;
    }

    /// <summary>Adds a decoded tile, weighted.</summary>
    /// <param name="tile"><c>[channels, frames, rows, columns]</c> of pixels.</param>
    /// <param name="group">The tile's place in time.</param>
    /// <param name="row">Its place in height.</param>
    /// <param name="column">Its place in width.</param>
    public void Add(ReadOnlySpan<float> tile, int group, int row, int column)
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
                int plane = ((frame * _channels) + channel) * _plane;
                for (int y = 0; y < rows.OutLength; y++)
                {
                    float weight = timeWeights[frame] * rowWeights[y];
                    Span<float> destination = _sums.AsSpan(plane + ((rows.OutStart + y) * width) + columns.OutStart, columns.OutLength);
                    ReadOnlySpan<float> source = tile.Slice(read, columns.OutLength);
                    for (int x = 0; x < destination.Length; x++)
                    {
                        destination[x] += weight * columnWeights[x] * source[x];
                    }

                    read += columns.OutLength;
                }
            }
        }
    }

    /// <summary>Divides the frames before the next group's first one by their weight sums and hands them out, until the next group begins.</summary>
    public VideoChunk Finish(int group)
    {
        int frames = _tiling.ChunkFrames[group];
        int height = _tiling.Rows.OutLength;
        int width = _tiling.Columns.OutLength;
        ReadOnlySpan<float> columnSums = _tiling.Columns.WeightSums;
        for (int frame = 0; frame < frames; frame++)
        {
            float timeSum = _tiling.Time.WeightSums[_firstFrame + frame];
            for (int channel = 0; channel < _channels; channel++)
            {
                for (int y = 0; y < height; y++)
                {
                    float sum = timeSum * _tiling.Rows.WeightSums[y];
                    Span<float> row = _sums.AsSpan((((frame * _channels) + channel) * _plane) + (y * width), width);
                    for (int x = 0; x < row.Length; x++)
                    {
                        row[x] /= Math.Max(sum * columnSums[x], SmallestWeightSum);
                    }
                }
            }
        }

        return VideoChunk.FromFrames(_sums, _firstFrame, frames, _channels, height, width);
    }
}
