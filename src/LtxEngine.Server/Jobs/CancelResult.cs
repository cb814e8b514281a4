namespace LtxEngine.Server.Jobs;

/// <summary>What a cancellation met.</summary>
internal enum CancelResult
{
    /// <summary>There is no such job.</summary>
    Unknown,

    /// <summary>The job waited and never runs.</summary>
    Removed,

    /// <summary>A worker has the job and is asked to stop.</summary>
    Requested,

    /// <summary>The job was completed before.</summary>
    AlreadyCompleted,
}
