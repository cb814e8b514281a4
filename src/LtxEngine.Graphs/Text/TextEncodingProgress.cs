namespace LtxEngine.Graphs.Text;

/// <summary>How far a text encoding is.</summary>
/// <param name="Completed">Finished layers and connector blocks.</param>
/// <param name="Total">All of them.</param>
internal readonly record struct TextEncodingProgress(int Completed, int Total);
