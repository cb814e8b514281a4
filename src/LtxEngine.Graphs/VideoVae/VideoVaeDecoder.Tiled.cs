using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>Tiled decoding.</summary>
internal sealed partial class VideoVaeDecoder
{
    /// <summary>
    /// Decodes tile by tile and hands out frames as soon as no later tile touches them. Holds the pixels of one group of tiles in time and of one tile.
    /// </summary>
    /// <param name="latent">The normalised latent <c>[1, C, F, H, W]</c>.</param>
    /// <param name="options">Tile sizes; null for the original's defaults. A plan of one tile decodes the clip as a whole.</param>
    /// <param name="conditioning">Needed by a timestep-conditioned decoder, ignored by others.</param>
    /// <param name="progress">Told after every tile.</param>
    /// <param name="cancellationToken">Ends the decode between two operations.</param>
    /// <returns>The chunks in order, one per group of tiles in time; a chunk may be empty. The work happens while they are enumerated, and a chunk is
    /// overwritten when the next one is asked for.</returns>
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
        VideoTileStream stream = new(tiling, Configuration.ImageChannels, (tile, number, pixels) => DecodeInto(tile, number, conditioning, pixels, cancellationToken));
        return stream.Decode(latent, progress);
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
}
