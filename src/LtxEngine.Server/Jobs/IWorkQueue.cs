namespace LtxEngine.Server.Jobs;

/// <summary>
/// Tells workers which job to look at next, and everybody that something about a job changed. It may name a job twice or one that was
/// cancelled: <see cref="IJobStore.StartAsync"/> decides. It need not survive the process; after a start it is filled from the store.
/// </summary>
internal interface IWorkQueue
{
    /// <summary>Adds a job.</summary>
    /// <param name="item">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The end of it.</returns>
    ValueTask EnqueueAsync(WorkItem item, CancellationToken cancellationToken = default);

    /// <summary>Waits for the next job of an endpoint: normal before low, otherwise in the order in which they were added.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<WorkItem> DequeueAsync(string endpoint, CancellationToken cancellationToken);

    /// <summary>Tells that a job's state, place, log or cancellation changed.</summary>
    /// <param name="jobId">The job.</param>
    void Signal(string jobId);

    /// <summary>Listens to the signals of a job.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The subscription; dispose it to stop listening.</returns>
    IJobSubscription Subscribe(string jobId);
}
