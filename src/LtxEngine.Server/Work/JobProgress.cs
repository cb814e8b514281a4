namespace LtxEngine.Server.Work;

/// <summary>Where a running job stands.</summary>
/// <param name="Version">Grows with every report.</param>
/// <param name="Progress">The engine's report.</param>
/// <param name="Preview">The newest picture of the clip as a data URI, which stays until there is another; null before the first.</param>
internal sealed record JobProgress(long Version, GenerationProgress Progress, string? Preview);
