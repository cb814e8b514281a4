using System.Text.Json;
using LtxEngine.Graphs.VideoVae;

namespace LtxEngine.Verification.Components;

/// <summary>Reads <c>parameters.tiling</c> of a case.</summary>
internal static class VideoTilingParameters
{
    /// <summary>The tile sizes; a null or absent part means no tiles along those axes.</summary>
    public static VideoTilingOptions Read(JsonElement tiling) => new()
    {
        Spatial = tiling.TryGetProperty("spatial", out JsonElement spatial) && spatial.ValueKind == JsonValueKind.Object
            ? new SpatialTilingOptions
            {
                TileSizeInPixels = spatial.GetProperty("tile_size_in_pixels").GetInt32(),
                TileOverlapInPixels = spatial.GetProperty("tile_overlap_in_pixels").GetInt32(),
            }
            : null,
        Temporal = tiling.TryGetProperty("temporal", out JsonElement temporal) && temporal.ValueKind == JsonValueKind.Object
            ? new TemporalTilingOptions
            {
                TileSizeInFrames = temporal.GetProperty("tile_size_in_frames").GetInt32(),
                TileOverlapInFrames = temporal.GetProperty("tile_overlap_in_frames").GetInt32(),
            }
            : null,
    };
}
