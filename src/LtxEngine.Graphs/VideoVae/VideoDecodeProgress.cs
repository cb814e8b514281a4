namespace LtxEngine.Graphs.VideoVae;

/// <summary>How far a decode is.</summary>
/// <param name="TilesDone">Tiles decoded so far.</param>
/// <param name="TileCount">All tiles.</param>
internal readonly record struct VideoDecodeProgress(int TilesDone, int TileCount);
