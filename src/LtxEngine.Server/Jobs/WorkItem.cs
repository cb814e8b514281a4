namespace LtxEngine.Server.Jobs;

/// <summary>A job that waits for a worker.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Endpoint">Which workers can run it.</param>
/// <param name="Priority">Its order.</param>
internal sealed record WorkItem(string JobId, string Endpoint, JobPriority Priority);
