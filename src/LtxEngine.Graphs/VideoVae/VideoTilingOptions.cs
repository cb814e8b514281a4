namespace LtxEngine.Graphs.VideoVae;

/// <summary>How a video is decoded in tiles. The defaults are those of the original: 512 pixels with 64 shared, 64 frames with 24 shared.</summary>
internal sealed record VideoTilingOptions
{
    /// <summary>The original's defaults.</summary>
    public static VideoTilingOptions Default { get; } = new();

    /// <summary>The whole clip as one tile: exact, but its memory grows with the clip.</summary>
    public static VideoTilingOptions None { get; } = new() { Spatial = null, Temporal = null };

    /// <summary>Tiles in height and width; null for whole frames.</summary>
    public SpatialTilingOptions? Spatial { get; init; } = new();

    /// <summary>Tiles in time; null for all frames at once.</summary>
    public TemporalTilingOptions? Temporal { get; init; } = new();
}
