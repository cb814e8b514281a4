namespace LtxEngine.Pipeline;

/// <summary>
/// One thread that does all work of a device, piece by piece. Requests run in the order in which they were asked for; the rest of a
/// request that has run already (its decoding) comes before requests that wait. Long computations never run on a caller's thread or on
/// the thread pool.
/// </summary>
internal sealed class DeviceQueue : IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<Action> _requests = new();
    private readonly Queue<Action> _continuations = new();
    private readonly Thread _thread;
    private readonly CancellationTokenSource _closing = new();
    private bool _closed;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread, for debuggers.</param>
    public DeviceQueue(string name)
    {
        _thread = new Thread(Work) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Adds a piece of work.</summary>
    /// <param name="work">The work; its token is cancelled with <paramref name="cancellationToken"/> or when the queue closes.</param>
    /// <param name="continuesRequest">Whether it is the rest of a request that has run already.</param>
    /// <param name="cancellationToken">Takes the work out of the queue, or cancels it while it runs.</param>
    /// <returns>The result of the work. A cancelled piece that runs already ends when it has stopped, not earlier.</returns>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public Task<T> RunAsync<T>(Func<CancellationToken, T> work, bool continuesRequest, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration waiting = cancellationToken.Register(() => completion.TrySetCanceled(cancellationToken));
        lock (_lock)
        {
            if (_closed)
            {
                waiting.Unregister();
                throw new ObjectDisposedException(nameof(LtxPipeline));
            }

            (continuesRequest ? _continuations : _requests).Enqueue(() => Execute(work, completion, waiting, cancellationToken));
            LtxTelemetry.QueueLength.Add(1);
            Monitor.Pulse(_lock);
        }

        return completion.Task;
    }

    /// <summary>Cancels what runs and waits for the thread to end; work that still waits ends as cancelled.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Monitor.Pulse(_lock);
        }

        _closing.Cancel();
        _thread.Join();
        _closing.Dispose();
    }

    private void Work()
    {
        while (Next() is { } work)
        {
            LtxTelemetry.QueueLength.Add(-1);
            work();
        }
    }

    private Action? Next()
    {
        lock (_lock)
        {
            while (true)
            {
                if (_continuations.TryDequeue(out Action? work) || _requests.TryDequeue(out work))
                {
                    return work;
                }

                if (_closed)
                {
                    return null;
                }

                Monitor.Wait(_lock);
            }
        }
    }

    private void Execute<T>(
        Func<CancellationToken, T> work, TaskCompletionSource<T> completion, CancellationTokenRegistration waiting, CancellationToken cancellationToken)
    {
        // From here on cancelling waits for the work to stop: the caller may free what it uses.
        waiting.Dispose();
        if (completion.Task.IsCompleted)
        {
            return;
        }

        try
        {
            using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            linked.Token.ThrowIfCancellationRequested();
            completion.TrySetResult(work(linked.Token));
        }
        catch (OperationCanceledException)
        {
            completion.TrySetCanceled(cancellationToken.IsCancellationRequested ? cancellationToken : new CancellationToken(canceled: true));
        }
#pragma warning disable CA1031 // Every failure belongs to the caller who waits for the result; the thread serves the next one.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            completion.TrySetException(exception);
        }
    }
}
