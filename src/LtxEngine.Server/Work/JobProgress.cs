namespace LtxEngine.Server.Work;

/// <summary>Where a running job stands.</summary>
/// <param name="Version">Grows with every report.</param>
/// <param name="Progress">The engine's report.</param>
internal sealed record JobProgress(long Version, GenerationProgress Progress);
