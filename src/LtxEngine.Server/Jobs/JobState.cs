namespace LtxEngine.Server.Jobs;

/// <summary>Where a job stands. There is no failed or cancelled state: such a job is completed, its outcome says how.</summary>
internal enum JobState
{
    /// <summary>Waits for a worker.</summary>
    Queued,

    /// <summary>A worker has it.</summary>
    Running,

    /// <summary>Has an outcome, which never changes.</summary>
    Completed,
}
