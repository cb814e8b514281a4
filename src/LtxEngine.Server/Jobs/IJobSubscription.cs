namespace LtxEngine.Server.Jobs;

/// <summary>Hears the signals of one job since it was made; signals between two waits are kept as one.</summary>
internal interface IJobSubscription : IDisposable
{
    /// <summary>Waits for a signal.</summary>
    /// <param name="timeout">Longest time to wait: between machines a signal may be lost.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether there was a signal.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken);
}
