namespace LtxEngine.Graphs.VideoVae;

/// <summary>How frames are cut into rows and columns of tiles for decoding.</summary>
internal sealed record SpatialTilingOptions
{
    /// <summary>Pixels along the longer side of a tile; the shorter side is cut in proportion to the frame. A multiple of 32, at least 64.</summary>
    public int TileSizeInPixels { get; init; } = 512;

    /// <summary>Pixels that neighbouring tiles share and blend over. A multiple of 32, less than the tile.</summary>
    public int TileOverlapInPixels { get; init; } = 64;
}
