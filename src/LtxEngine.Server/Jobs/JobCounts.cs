namespace LtxEngine.Server.Jobs;

/// <summary>How many jobs there are.</summary>
/// <param name="Queued">Waiting.</param>
/// <param name="Running">With a worker.</param>
/// <param name="Completed">With an outcome that is still kept.</param>
internal sealed record JobCounts(int Queued, int Running, int Completed);
