using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// The plan of a tiled decode. Tiles are decoded alone and blended: <c>out = Σ w·tile / max(Σ w, 1e-8)</c>.
/// Order: time slowest, then rows, then columns.
/// </summary>
internal sealed class VideoTiling
{
    private VideoTiling(VideoTileAxis time, VideoTileAxis rows, VideoTileAxis columns)
    {
        Time = time;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Tiles in time.</summary>
    public VideoTileAxis Time { get; }

    /// <summary>Tiles in height.</summary>
    public VideoTileAxis Rows { get; }

    /// <summary>Tiles in width.</summary>
    public VideoTileAxis Columns { get; }

    /// <summary>The number of tiles.</summary>
    public int TileCount => checked(Time.Spans.Length * Rows.Spans.Length * Columns.Spans.Length);

    /// <summary>The frames of each streamed chunk: after a group of tiles in time, everything before the next group's first frame is finished. May be 0.</summary>
    public IReadOnlyList<int> ChunkFrames
    {
        get
        {
            int[] chunks = new int[Time.Spans.Length];
            for (int i = 0; i < chunks.Length; i++)
            {
                int end = i + 1 < chunks.Length ? Time.Spans[i + 1].OutStart : Time.OutLength;
                chunks[i] = end - Time.Spans[i].OutStart;
            }

            return chunks;
        }
    }

    /// <summary>Plans a decode with the scales of LTX-2: 8 frames and 32 pixels per latent.</summary>
    public static VideoTiling Plan(VideoTilingOptions options, int latentFrames, int latentHeight, int latentWidth) =>
        Plan(options, latentFrames, latentHeight, latentWidth, 8, 32);

    /// <summary>Plans a decode.</summary>
    /// <param name="options">Tile sizes and overlaps.</param>
    /// <param name="latentFrames">Latent frames, ≥ 1.</param>
    /// <param name="latentHeight">Latent rows, ≥ 1.</param>
    /// <param name="latentWidth">Latent columns, ≥ 1.</param>
    /// <param name="timeScale">Frames per latent frame after the first (<see cref="VideoVaeConfiguration.TimeScale"/>).</param>
    /// <param name="spaceScale">Pixels per latent, each side (<see cref="VideoVaeConfiguration.SpaceScale"/>).</param>
    /// <exception cref="ArgumentException">A tile size or overlap is out of range.</exception>
    public static VideoTiling Plan(VideoTilingOptions options, int latentFrames, int latentHeight, int latentWidth, int timeScale, int spaceScale)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentFrames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentWidth, 1);
        if (options.Spatial is SpatialTilingOptions spatial)
        {
            Check(nameof(spatial.TileSizeInPixels), spatial.TileSizeInPixels, nameof(spatial.TileOverlapInPixels), spatial.TileOverlapInPixels, spaceScale);
        }

        if (options.Temporal is TemporalTilingOptions temporal)
        {
            Check(nameof(temporal.TileSizeInFrames), temporal.TileSizeInFrames, nameof(temporal.TileOverlapInFrames), temporal.TileOverlapInFrames, timeScale);
        }

        int longerSide = Math.Max(latentHeight, latentWidth);
        return new VideoTiling(
            VideoTileAxis.PlanTime(latentFrames, options.Temporal, timeScale),
            VideoTileAxis.PlanSpace(latentHeight, longerSide, options.Spatial, spaceScale),
            VideoTileAxis.PlanSpace(latentWidth, longerSide, options.Spatial, spaceScale));
    }

    private static void Check(string sizeName, int size, string overlapName, int overlap, int scale)
    {
        if (size < 2 * scale || size % scale != 0)
        {
            throw new ArgumentException($"{sizeName} is {size}; choose a multiple of {scale}, at least {2 * scale}.", sizeName);
        }

        if (overlap < 0 || overlap >= size || overlap % scale != 0)
        {
            throw new ArgumentException($"{overlapName} is {overlap}; choose a multiple of {scale} from 0 to less than {sizeName} ({size}).", overlapName);
        }
    }
}
