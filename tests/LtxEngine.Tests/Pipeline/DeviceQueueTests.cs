using LtxEngine.Pipeline;

namespace LtxEngine.Tests.Pipeline;

public sealed class DeviceQueueTests
{
    [Fact]
    public async Task Work_runs_in_order_on_one_thread_that_is_not_the_callers()
    {
        using DeviceQueue queue = new("test");
        List<int> order = [];
        Task<int>[] threads = [.. Enumerable.Range(0, 50).Select(i => queue.RunAsync(
            _ =>
            {
                order.Add(i);
                return Environment.CurrentManagedThreadId;
            },
            continuesRequest: false,
            CancellationToken.None))];

        int[] ids = await Task.WhenAll(threads);

        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.NotEqual(Environment.CurrentManagedThreadId, Assert.Single(ids.Distinct()));
    }

    [Fact]
    public async Task The_rest_of_a_request_comes_before_waiting_requests()
    {
        using DeviceQueue queue = new("test");
        using ManualResetEventSlim gate = new();
        List<string> order = [];
        using ManualResetEventSlim started = new();
        Task<int> first = Add(
            "first",
            () =>
            {
                started.Set();
                gate.Wait();
            },
            continues: false);
        started.Wait();
        Task<int> second = Add("second", () => { }, continues: false);
        Task<int> rest = Add("rest", () => { }, continues: true);
        gate.Set();

        await Task.WhenAll(first, second, rest);

        Assert.Equal(["first", "rest", "second"], order);

        Task<int> Add(string name, Action work, bool continues) => queue.RunAsync(
            _ =>
            {
                work();
                order.Add(name);
                return 0;
            },
            continues,
            CancellationToken.None);
    }

    [Fact]
    public async Task Waiting_work_is_cancelled_at_once_and_never_runs()
    {
        using DeviceQueue queue = new("test");
        using ManualResetEventSlim gate = new();
        using CancellationTokenSource cancel = new();
        bool ran = false;
        Task<int> blocking = queue.RunAsync(
            _ =>
            {
                gate.Wait(CancellationToken.None);
                return 0;
            },
            continuesRequest: false,
            CancellationToken.None);
        Task<bool> waiting = queue.RunAsync(_ => ran = true, continuesRequest: false, cancel.Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(blocking.IsCompleted);
        gate.Set();
        await blocking;
        Assert.False(ran);
    }

    [Fact]
    public async Task Running_work_is_over_only_when_it_has_stopped()
    {
        using DeviceQueue queue = new("test");
        using CancellationTokenSource cancel = new();
        using ManualResetEventSlim started = new();
        bool stopped = false;
        Task<int> running = queue.RunAsync(
            token =>
            {
                started.Set();
                token.WaitHandle.WaitOne();
                stopped = true;
                token.ThrowIfCancellationRequested();
                return 0;
            },
            continuesRequest: false,
            cancel.Token);
        started.Wait();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(stopped);
    }

    [Fact]
    public async Task Closing_cancels_what_runs_and_what_waits_and_refuses_more()
    {
        DeviceQueue queue = new("test");
        using ManualResetEventSlim started = new();
        Task<int> running = queue.RunAsync(
            token =>
            {
                started.Set();
                token.WaitHandle.WaitOne();
                token.ThrowIfCancellationRequested();
                return 0;
            },
            continuesRequest: false,
            CancellationToken.None);
        Task<int> waiting = queue.RunAsync(_ => 1, continuesRequest: false, CancellationToken.None);
        started.Wait();
        queue.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.RunAsync(_ => 2, continuesRequest: false, CancellationToken.None));
    }

    [Fact]
    public async Task A_failure_reaches_its_caller_and_the_next_work_runs()
    {
        using DeviceQueue queue = new("test");

        await Assert.ThrowsAsync<FormatException>(() => queue.RunAsync<int>(_ => throw new FormatException("x"), continuesRequest: false, CancellationToken.None));

        Assert.Equal(5, await queue.RunAsync(_ => 5, continuesRequest: false, CancellationToken.None));
    }
}
