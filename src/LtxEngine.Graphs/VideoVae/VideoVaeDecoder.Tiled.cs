using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>Tiled decoding.</summary>
internal sealed partial class VideoVaeDecoder
{
    /// <summary>
    /// Decodes tile by tile and hands out frames as soon as no later tile touches them. Holds at most the pixels of two groups of tiles in time.
    /// </summary>
    /// <param name="latent">The normalised latent <c>[1, C, F, H, W]</c>.</param>
    /// <param name="options">Tile sizes; null for the original's defaults. A plan of one tile decodes the clip as a whole.</param>
    /// <param name="conditioning">Needed by a timestep-conditioned decoder, ignored by others.</param>
    /// <param name="progress">Told after every tile.</param>
    /// <param name="cancellationToken">Ends the decode between two operations.</param>
    /// <returns>The chunks in order, one per group of tiles in time; a chunk may be empty. The work happens while they are enumerated.</returns>
    /// <exception cref="ArgumentException">A shape, a tile size, or the conditioning is not usable (thrown at the call).</exception>
    /// <exception cref="GraphException">A tile failed (thrown while enumerating).</exception>
    public IEnumerable<VideoChunk> DecodeStream(
        HostTensor latent,
        VideoTilingOptions? options = null,
        VideoDecodeConditioning? conditioning = null,
        IProgress<VideoDecodeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckLatent(latent);
        CheckConditioning(conditioning);
        VideoTiling tiling = Plan(latent, options);
        CheckGroupSize(tiling);
        return Stream(latent, tiling, conditioning, progress, cancellationToken);
    }

    /// <summary>The plan that <see cref="DecodeStream"/> follows for a latent.</summary>
    /// <exception cref="ArgumentException">A shape or a tile size is not usable, or the clip is too long for one plan.</exception>
    public VideoTiling Plan(HostTensor latent, VideoTilingOptions? options = null)
    {
        CheckLatent(latent);
        try
        {
            return VideoTiling.Plan(
                options ?? VideoTilingOptions.Default,
                latent.Shape.Extent(2),
                latent.Shape.Extent(3),
                latent.Shape.Extent(4),
                Configuration.TimeScale,
                Configuration.SpaceScale);
        }
        catch (OverflowException exception)
        {
            throw new ArgumentException($"A latent of shape {latent.Shape} decodes to more pixels per axis than 31 bits count.", nameof(latent), exception);
        }
    }

    private void CheckGroupSize(VideoTiling tiling)
    {
        int frames = tiling.Time.Spans.Max(span => span.OutLength);
        decimal values = (decimal)Configuration.ImageChannels * frames * tiling.Rows.OutLength * tiling.Columns.OutLength;
        if (values > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{frames} frames of {tiling.Columns.OutLength} x {tiling.Rows.OutLength} pixels are more than one buffer holds ({Array.MaxLength} values); "
                + $"choose a smaller {nameof(TemporalTilingOptions.TileSizeInFrames)}.",
                nameof(tiling));
        }
    }

    private static HostTensor Cut(HostTensor latent, VideoTileSpan time, VideoTileSpan rows, VideoTileSpan columns)
    {
        int channels = latent.Shape.Extent(1);
        int frames = latent.Shape.Extent(2);
        int height = latent.Shape.Extent(3);
        int width = latent.Shape.Extent(4);
        HostTensor tile = HostTensor.Zeros(1, channels, time.Length, rows.Length, columns.Length);
        int written = 0;
        for (int channel = 0; channel < channels; channel++)
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

    private IEnumerable<VideoChunk> Stream(
        HostTensor latent,
        VideoTiling tiling,
        VideoDecodeConditioning? conditioning,
        IProgress<VideoDecodeProgress>? progress,
        CancellationToken cancellationToken)
    {
        int tileCount = tiling.TileCount;
        if (tileCount == 1)
        {
            HostTensor video = DecodeTile(latent, 0, conditioning, cancellationToken)[VideoVaeGraphs.VideoName];
            progress?.Report(new VideoDecodeProgress(1, 1));
            yield return new VideoChunk(0, new HostTensor(new TensorShape(video.Shape.Dimensions.AsSpan()[1..]), video.Data));
            yield break;
        }

        int done = 0;
        VideoBlendBuffer buffer = new(tiling, Configuration.ImageChannels);
        for (int group = 0; group < tiling.Time.Spans.Length; group++)
        {
            buffer.BeginGroup(group);
            for (int row = 0; row < tiling.Rows.Spans.Length; row++)
            {
                for (int column = 0; column < tiling.Columns.Spans.Length; column++)
                {
                    HostTensor tile = Cut(latent, tiling.Time.Spans[group], tiling.Rows.Spans[row], tiling.Columns.Spans[column]);
                    buffer.Add(DecodeTile(tile, done, conditioning, cancellationToken)[VideoVaeGraphs.VideoName], group, row, column);
                    progress?.Report(new VideoDecodeProgress(++done, tileCount));
                }
            }

            yield return buffer.TakeFinished(group);
        }
    }
}
