using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>What every work queue must do.</summary>
public abstract class WorkQueueConformance
{
    /// <summary>A new, empty queue.</summary>
    private protected abstract IWorkQueue Create();

    [Fact]
    public async Task Jobs_come_by_priority_then_by_age_and_only_to_their_endpoint()
    {
        IWorkQueue queue = Create();
        await queue.EnqueueAsync(new WorkItem("low", "e", JobPriority.Low));
        await queue.EnqueueAsync(new WorkItem("first", "e", JobPriority.Normal));
        await queue.EnqueueAsync(new WorkItem("other", "f", JobPriority.Normal));
        await queue.EnqueueAsync(new WorkItem("second", "e", JobPriority.Normal));

        List<string> order = [];
        for (int i = 0; i < 3; i++)
        {
            order.Add((await queue.DequeueAsync("e", CancellationToken.None)).JobId);
        }

        Assert.Equal(["first", "second", "low"], order);
        Assert.Equal("other", (await queue.DequeueAsync("f", CancellationToken.None)).JobId);
    }

    [Fact]
    public async Task A_waiting_worker_gets_the_next_job_and_can_stop_waiting()
    {
        IWorkQueue queue = Create();
        using CancellationTokenSource stop = new();
        Task<WorkItem> stopped = queue.DequeueAsync("e", stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);

        Task<WorkItem> waiting = queue.DequeueAsync("e", CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        await queue.EnqueueAsync(new WorkItem("a", "e", JobPriority.Normal));

        Assert.Equal("a", (await waiting).JobId);
    }

    [Fact]
    public async Task Each_job_goes_to_one_worker()
    {
        IWorkQueue queue = Create();
        Task<WorkItem>[] workers = [.. Enumerable.Range(0, 20).Select(_ => queue.DequeueAsync("e", CancellationToken.None).AsTask())];

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => queue.EnqueueAsync(new WorkItem($"{i}", "e", JobPriority.Normal)).AsTask())));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}").Order(StringComparer.Ordinal), (await Task.WhenAll(workers)).Select(w => w.JobId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Signals_reach_every_subscription_of_their_job_and_are_kept_between_waits()
    {
        IWorkQueue queue = Create();
        using IJobSubscription first = queue.Subscribe("a");
        using IJobSubscription second = queue.Subscribe("a");
        using IJobSubscription other = queue.Subscribe("b");

        queue.Signal("a");
        queue.Signal("a");

        Assert.True(await first.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.False(await first.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.True(await second.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.False(await other.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        first.Dispose();
        queue.Signal("a");
        Assert.False(await first.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        queue.Signal("nobody listens");
    }
}
