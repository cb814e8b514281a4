using System.Collections.Concurrent;
using System.Threading.Channels;

namespace LtxEngine.Server.Jobs;

/// <summary>The work queue of one process: a priority queue per endpoint and subscriptions in memory.</summary>
internal sealed class InProcessWorkQueue : IWorkQueue
{
    private readonly ConcurrentDictionary<string, WaitingJobs> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Subscription>> _subscriptions = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public ValueTask EnqueueAsync(WorkItem item, CancellationToken cancellationToken = default)
    {
        _waiting.GetOrAdd(item.Endpoint, _ => new WaitingJobs()).Add(item);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<WorkItem> DequeueAsync(string endpoint, CancellationToken cancellationToken) =>
        _waiting.GetOrAdd(endpoint, _ => new WaitingJobs()).TakeAsync(cancellationToken);

    /// <inheritdoc/>
    public void Signal(string jobId)
    {
        Subscription[] listeners;
        lock (_lock)
        {
            if (!_subscriptions.TryGetValue(jobId, out List<Subscription>? found))
            {
                return;
            }

            listeners = [.. found];
        }

        foreach (Subscription listener in listeners)
        {
            listener.Notify();
        }
    }

    /// <inheritdoc/>
    public IJobSubscription Subscribe(string jobId)
    {
        Subscription subscription = new(this, jobId);
        lock (_lock)
        {
            if (!_subscriptions.TryGetValue(jobId, out List<Subscription>? found))
            {
                _subscriptions[jobId] = found = [];
            }

            found.Add(subscription);
        }

        return subscription;
    }

    private void Remove(Subscription subscription)
    {
        lock (_lock)
        {
            if (_subscriptions.TryGetValue(subscription.JobId, out List<Subscription>? found) && found.Remove(subscription) && found.Count == 0)
            {
                _subscriptions.Remove(subscription.JobId);
            }
        }
    }

    private sealed class WaitingJobs
    {
        private readonly Channel<(WorkItem Item, long Order)> _items = Channel.CreateUnboundedPrioritized(new UnboundedPrioritizedChannelOptions<(WorkItem Item, long Order)>
        {
            Comparer = Comparer<(WorkItem Item, long Order)>.Create((a, b) => (a.Item.Priority, a.Order).CompareTo((b.Item.Priority, b.Order))),
        });

        private long _order;

        public void Add(WorkItem item) => _items.Writer.TryWrite((item, Interlocked.Increment(ref _order)));

        public async ValueTask<WorkItem> TakeAsync(CancellationToken cancellationToken) =>
            (await _items.Reader.ReadAsync(cancellationToken).ConfigureAwait(false)).Item;
    }

    private sealed class Subscription(InProcessWorkQueue owner, string jobId) : IJobSubscription
    {
#pragma warning disable CA2213 // Left to the collector: a late signal must not meet a disposed one, and it holds no handle.
        private readonly SemaphoreSlim _signal = new(0, 1);
#pragma warning restore CA2213

        public string JobId { get; } = jobId;

        public void Notify()
        {
            try
            {
                _signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // One signal is kept already; a second says nothing new.
            }
        }

        public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _signal.WaitAsync(timeout, cancellationToken);

        public void Dispose() => owner.Remove(this);
    }
}
