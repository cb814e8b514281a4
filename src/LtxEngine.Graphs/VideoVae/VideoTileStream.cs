using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// Decodes a clip tile by tile and hands out frames as soon as no later tile touches them. The pixels are those of one group of tiles in time and
/// of one tile, whatever the clip's length: two buffers that all groups share.
/// </summary>
/// <param name="tiling">The plan.</param>
/// <param name="channels">Channels of a frame.</param>
/// <param name="decode">Decodes the latent of a tile, given its number in decode order, into <c>[channels, frames, rows, columns]</c> of pixels.</param>
internal sealed class VideoTileStream(VideoTiling tiling, int channels, Action<HostTensor, int, Memory<float>> decode)
{
    /// <summary>Decodes while it is enumerated. A chunk's pixels are overwritten when the next chunk is asked for.</summary>
    /// <param name="latent">The normalised latent <c>[1, C, F, H, W]</c> that was planned.</param>
    /// <param name="progress">Told after every tile.</param>
    /// <returns>The chunks in order, one per group of tiles in time; a chunk may be empty.</returns>
    public IEnumerable<VideoChunk> Decode(HostTensor latent, IProgress<VideoDecodeProgress>? progress)
    {
        int tileCount = tiling.TileCount;
        float[] pixels = new float[ValuesOf(tiling.Time.Spans.MaxBy(s => s.OutLength), tiling.Rows.Spans.MaxBy(s => s.OutLength), tiling.Columns.Spans.MaxBy(s => s.OutLength))];
        if (tileCount == 1)
        {
            decode(latent, 0, pixels);
            progress?.Report(new VideoDecodeProgress(1, 1));
            yield return VideoChunk.FromTensor(0, new HostTensor(new TensorShape(channels, tiling.Time.OutLength, tiling.Rows.OutLength, tiling.Columns.OutLength), pixels));
            yield break;
        }

        int done = 0;
        VideoBlendBuffer buffer = new(tiling, channels);
        for (int group = 0; group < tiling.Time.Spans.Length; group++)
        {
            buffer.BeginGroup(group);
            for (int row = 0; row < tiling.Rows.Spans.Length; row++)
            {
                for (int column = 0; column < tiling.Columns.Spans.Length; column++)
                {
                    (VideoTileSpan time, VideoTileSpan rows, VideoTileSpan columns) = (tiling.Time.Spans[group], tiling.Rows.Spans[row], tiling.Columns.Spans[column]);
                    Memory<float> tile = pixels.AsMemory(0, ValuesOf(time, rows, columns));
                    decode(Cut(latent, time, rows, columns), done, tile);
                    buffer.Add(tile.Span, group, row, column);
                    done++;
                    progress?.Report(new VideoDecodeProgress(done, tileCount));
                }
            }

            yield return buffer.Finish(group);
        }
    }

    private static HostTensor Cut(HostTensor latent, VideoTileSpan time, VideoTileSpan rows, VideoTileSpan columns)
    {
        int latentChannels = latent.Shape.Extent(1);
        int frames = latent.Shape.Extent(2);
        int height = latent.Shape.Extent(3);
        int width = latent.Shape.Extent(4);
        HostTensor tile = HostTensor.Zeros(1, latentChannels, time.Length, rows.Length, columns.Length);
        int written = 0;
        for (int channel = 0; channel < latentChannels; channel++)
        {
            for (int frame = time.Start; frame < time.End; frame++)
            {
                for (int row = rows.Start; row < rows.End; row++)
                {
                    int source = (((((channel * frames) + frame) * height) + row) * width) + columns.Start;
                    latent.Data.AsSpan(source, columns.Length).CopyTo(tile.Data.AsSpan(written));
                    written += columns.Length;
                }
            }
        }

        return tile;
    }

    private int ValuesOf(VideoTileSpan time, VideoTileSpan rows, VideoTileSpan columns) => checked(channels * time.OutLength * rows.OutLength * columns.OutLength);
}
