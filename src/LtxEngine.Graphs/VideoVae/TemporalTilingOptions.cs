namespace LtxEngine.Graphs.VideoVae;

/// <summary>How a clip is cut into groups of frames for decoding.</summary>
internal sealed record TemporalTilingOptions
{
    /// <summary>Frames of a group. A multiple of 8, at least 16.</summary>
    public int TileSizeInFrames { get; init; } = 64;

    /// <summary>Frames that neighbouring groups share and blend over. A multiple of 8, less than the group.</summary>
    public int TileOverlapInFrames { get; init; } = 24;
}
