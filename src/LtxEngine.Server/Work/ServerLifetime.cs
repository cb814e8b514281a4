namespace LtxEngine.Server.Work;

/// <summary>Tells the parts of the server when to stop, and wakes those that sleep.</summary>
internal sealed class ServerLifetime : IDisposable
{
    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _drained = new();
    private readonly SemaphoreSlim _webhooks = new(0, 1);
    private readonly TimeSpan _drainTime;

    /// <summary>Creates the lifetime.</summary>
    /// <param name="options">Says how long running jobs may go on.</param>
    public ServerLifetime(LtxServerOptions options) => _drainTime = options.DrainTime;

    /// <summary>Is cancelled when the server is to stop: no new work is begun, streams end.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Is cancelled when running jobs must be handed back.</summary>
    public CancellationToken Drained => _drained.Token;

    /// <summary>Whether the server is to stop.</summary>
    public bool IsDraining => _draining.IsCancellationRequested;

    /// <summary>Whether every model was opened.</summary>
    public bool IsReady { get; set; }

    /// <summary>Why the server stops by itself; null where it does not.</summary>
    public string? Failure { get; set; }

    /// <summary>Begins to stop.</summary>
    public void Drain()
    {
        if (!IsDraining)
        {
            _drained.CancelAfter(_drainTime);
            _draining.Cancel();
        }
    }

    /// <summary>Lets the sender of web hooks look for work.</summary>
    public void WakeWebhooks()
    {
        try
        {
            _webhooks.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>Waits until web hooks may be due.</summary>
    /// <param name="time">Longest time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task WaitForWebhooksAsync(TimeSpan time, CancellationToken cancellationToken) => _webhooks.WaitAsync(time, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _draining.Dispose();
        _drained.Dispose();
        _webhooks.Dispose();
    }
}
