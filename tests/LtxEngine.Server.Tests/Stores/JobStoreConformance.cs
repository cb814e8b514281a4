using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>What every job store must do. A new implementation derives from this class and passes it as it is.</summary>
public abstract class JobStoreConformance
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobOutcome Done = new() { StatusCode = 200, Body = """{"seed":1}""", OutputFileId = "f1", BillableUnits = "3", IsInline = true };
    private static readonly JobOutcome Cancelled = new() { StatusCode = 499, Body = """{"detail":"x"}""", Error = "Request was cancelled", ErrorType = "client_cancelled" };
    private static readonly JobOutcome TimedOut = new() { StatusCode = 504, Body = """{"detail":"t"}""", Error = "Request timed out", ErrorType = "request_timeout", TimeoutType = "user" };

    /// <summary>A new, empty store.</summary>
    private protected abstract IJobStore Create();

    /// <summary>The same store as a new process finds it: nothing of the old one's memory is left.</summary>
    private protected abstract IJobStore Reopen(IJobStore store);

    [Fact]
    public async Task What_was_added_is_read_back_also_by_the_next_process()
    {
        IJobStore store = Create();
        NewJob added = New("a") with
        {
            Priority = JobPriority.Low,
            WebhookUrl = "https://example.com/hook?x=ü",
            IsDirect = false,
            OutputLifetime = TimeSpan.FromSeconds(90),
            Input = """{"prompt":"a \"boat\" \ud83d\ude00"}""",
        };
        Assert.Equal(0, await store.AddAsync(added, 10));

        await CheckAsync(store);
        await CheckAsync(Reopen(store));

        async Task CheckAsync(IJobStore opened)
        {
            Job job = (await opened.GetAsync("a"))!;
            Assert.Equal(
                (JobState.Queued, added.Endpoint, added.Input, added.Origin, JobPriority.Low, added.WebhookUrl, added.OutputLifetime, Now, 0),
                (job.State, job.Endpoint, job.Input, job.Origin, job.Priority, job.WebhookUrl, job.OutputLifetime, job.Created, job.Attempts));
            Assert.Null(job.Outcome);
            Assert.Null(job.Started);
        }
    }

    [Fact]
    public async Task An_unknown_job_is_nothing_to_every_method()
    {
        IJobStore store = Create();

        Assert.Null(await store.GetAsync("no"));
        Assert.Null(await store.GetStatusAsync("no"));
        Assert.Null(await store.StartAsync("no", Now));
        Assert.False(await store.CompleteAsync("no", 1, Done, Now));
        Assert.False(await store.ReleaseAsync("no", 1));
        Assert.False(await store.IsCancelRequestedAsync("no"));
        Assert.Equal(CancelResult.Unknown, await store.CancelAsync("no", Cancelled, Now));
        Assert.Empty(await store.ReadLogsAsync("no"));
        await store.AppendLogsAsync("no", [new JobLogEntry(0, Now, "INFO", "lost")]);
        await store.RecordWebhookAttemptAsync("no", Now);
        Assert.Equal(new JobCounts(0, 0, 0), await store.CountAsync());
    }

    [Fact]
    public async Task The_queue_takes_exactly_its_limit_even_from_many_callers_at_once()
    {
        IJobStore store = Create();

        int?[] positions = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => store.AddAsync(New($"j{i}"), 25))));

        Assert.Equal(Enumerable.Range(0, 25), positions.Where(p => p is not null).Select(p => p!.Value).Order());
        Assert.Equal(25, (await store.CountAsync()).Queued);
        Assert.NotNull(await store.AddAsync(New("refused input") with { Outcome = Done }, 25));
    }

    [Fact]
    public async Task Waiting_jobs_have_places_by_priority_and_then_by_age_within_their_endpoint()
    {
        IJobStore store = Create();
        await store.AddAsync(New("low 1") with { Priority = JobPriority.Low }, 10);
        await store.AddAsync(New("normal 1"), 10);
        await store.AddAsync(New("other") with { Endpoint = "o/ther/x" }, 10);
        await store.AddAsync(New("low 2") with { Priority = JobPriority.Low }, 10);
        Assert.Equal(1, await store.AddAsync(New("normal 2"), 10));

        Assert.Equal([0, 1, 2, 3, 0], await PositionsAsync(store, "normal 1", "normal 2", "low 1", "low 2", "other"));
        Assert.Equal(["normal 1", "normal 2", "low 1", "low 2"], (await store.ListQueuedAsync()).Where(w => w.Endpoint == "a/b/c").Select(w => w.JobId));

        await store.StartAsync("normal 1", Now);
        Assert.Equal([0, 0, 1, 2], await PositionsAsync(store, "normal 1", "normal 2", "low 1", "low 2"));
    }

    [Fact]
    public async Task One_of_many_workers_gets_a_job()
    {
        IJobStore store = Create();
        await store.AddAsync(New("a"), 10);

        Job?[] got = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => store.StartAsync("a", Now.AddSeconds(3)))));

        Job started = Assert.Single(got, job => job is not null)!;
        Assert.Equal((JobState.Running, 1, (DateTimeOffset?)Now.AddSeconds(3)), (started.State, started.Attempts, started.Started));
    }

    [Fact]
    public async Task A_job_gets_one_outcome_from_the_attempt_that_runs_it()
    {
        IJobStore store = Create();
        await store.AddAsync(New("a"), 10);
        Assert.False(await store.CompleteAsync("a", 0, Done, Now));
        await store.StartAsync("a", Now);
        Assert.False(await store.CompleteAsync("a", 2, Done, Now));

        bool[] completed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => store.CompleteAsync("a", 1, Done, Now.AddSeconds(9)))));

        Assert.Single(completed, c => c);
        Job job = (await Reopen(store).GetAsync("a"))!;
        Assert.Equal(Done, job.Outcome);
        Assert.Equal((JobState.Completed, (DateTimeOffset?)Now.AddSeconds(9)), (job.State, job.Finished));
    }

    [Fact]
    public async Task A_job_that_brings_its_outcome_never_waits()
    {
        IJobStore store = Create();

        Assert.Equal(0, await store.AddAsync(New("a") with { Outcome = Done, WebhookUrl = "https://example.com" }, 0));

        Assert.Equal(JobState.Completed, (await store.GetStatusAsync("a"))!.State);
        Assert.Null(await store.StartAsync("a", Now));
        Assert.Single(await store.ListDueWebhooksAsync(Now, 10));
    }

    [Fact]
    public async Task A_released_job_waits_at_its_old_place_and_the_attempt_does_not_count()
    {
        IJobStore store = Create();
        await store.AddAsync(New("a"), 10);
        await store.AddAsync(New("b"), 10);
        await store.StartAsync("a", Now);

        Assert.False(await store.ReleaseAsync("a", 2));
        Assert.True(await store.ReleaseAsync("a", 1));
        Assert.False(await store.ReleaseAsync("a", 1));

        Assert.Equal([0, 1], await PositionsAsync(store, "a", "b"));
        Assert.Equal(0, (await store.GetStatusAsync("a"))!.Attempts);
    }

    [Fact]
    public async Task Cancelling_removes_what_waits_marks_what_runs_and_leaves_what_is_done()
    {
        IJobStore store = Create();
        await store.AddAsync(New("waiting"), 10);
        await store.AddAsync(New("running"), 10);
        await store.StartAsync("running", Now);

        Assert.Equal(CancelResult.Removed, await store.CancelAsync("waiting", Cancelled, Now));
        Assert.Equal(CancelResult.AlreadyCompleted, await store.CancelAsync("waiting", Cancelled, Now));
        Assert.Equal(Cancelled, (await store.GetAsync("waiting"))!.Outcome);
        Assert.Null(await store.StartAsync("waiting", Now));

        Assert.False(await store.IsCancelRequestedAsync("running"));
        Assert.Equal(CancelResult.Requested, await store.CancelAsync("running", Cancelled, Now));
        Assert.True(await store.IsCancelRequestedAsync("running"));
        Assert.Equal(JobState.Running, (await store.GetStatusAsync("running"))!.State);
        Assert.True(await store.CompleteAsync("running", 1, Done, Now));
        Assert.Equal(CancelResult.AlreadyCompleted, await store.CancelAsync("running", Cancelled, Now));
    }

    [Fact]
    public async Task A_start_deadline_ends_jobs_that_wait_and_no_others()
    {
        IJobStore store = Create();
        await store.AddAsync(New("soon") with { StartDeadline = Now.AddSeconds(5) }, 10);
        await store.AddAsync(New("later") with { StartDeadline = Now.AddSeconds(60) }, 10);
        await store.AddAsync(New("started") with { StartDeadline = Now.AddSeconds(5) }, 10);
        await store.AddAsync(New("handed back") with { StartDeadline = Now.AddSeconds(5) }, 10);
        await store.StartAsync("started", Now);
        await store.StartAsync("handed back", Now);
        await store.ReleaseAsync("handed back", 1);

        Assert.Null(await store.StartAsync("soon", Now.AddSeconds(5)));
        Assert.Empty(await store.ExpireStartsAsync(TimedOut, Now));
        Assert.Equal(["soon"], await store.ExpireStartsAsync(TimedOut, Now.AddSeconds(5)));

        Assert.Equal(TimedOut, (await store.GetAsync("soon"))!.Outcome);
        Assert.Equal(JobState.Queued, (await store.GetStatusAsync("later"))!.State);
        Assert.Equal(JobState.Queued, (await store.GetStatusAsync("handed back"))!.State);
    }

    [Fact]
    public async Task After_a_crash_jobs_run_again_once_and_what_nobody_waits_for_is_cancelled()
    {
        IJobStore store = Create();
        foreach (string id in (string[])["queued", "once", "twice", "cancelled", "done"])
        {
            await store.AddAsync(New(id), 10);
        }

        await store.AddAsync(New("direct") with { IsDirect = true }, 10);
        await store.StartAsync("once", Now);
        await store.StartAsync("twice", Now);
        await store.StartAsync("cancelled", Now);
        await store.CancelAsync("cancelled", Cancelled, Now);
        await store.StartAsync("done", Now);
        await store.CompleteAsync("done", 1, Done, Now);
        JobOutcome crashed = Done with { StatusCode = 500 };

        store = Reopen(store);
        Assert.Equal(2, await store.RecoverAsync(2, crashed, Cancelled, Now));
        Assert.Equal(["queued", "once", "twice"], (await store.ListQueuedAsync()).Select(w => w.JobId));
        Assert.Equal(2, (await store.StartAsync("twice", Now))!.Attempts);

        store = Reopen(store);
        Assert.Equal(0, await store.RecoverAsync(2, crashed, Cancelled, Now));
        Assert.Equal(crashed, (await store.GetAsync("twice"))!.Outcome);
        Assert.Equal(Done, (await store.GetAsync("done"))!.Outcome);
        Assert.Equal(Cancelled, (await store.GetAsync("direct"))!.Outcome);
        Assert.Equal(Cancelled, (await store.GetAsync("cancelled"))!.Outcome);
    }

    [Fact]
    public async Task Log_lines_are_numbered_in_order_and_read_from_any_place()
    {
        IJobStore store = Create();
        await store.AddAsync(New("a"), 10);
        await store.AddAsync(New("b"), 10);

        await store.AppendLogsAsync("a", [new JobLogEntry(0, Now, "INFO", "one"), new JobLogEntry(0, Now, "WARN", "two")]);
        await store.AppendLogsAsync("b", [new JobLogEntry(0, Now, "INFO", "other")]);
        await store.AppendLogsAsync("a", [new JobLogEntry(0, Now.AddMilliseconds(7), "INFO", "three")]);

        store = Reopen(store);
        Assert.Equal([new JobLogEntry(2, Now, "WARN", "two"), new JobLogEntry(3, Now.AddMilliseconds(7), "INFO", "three")], await store.ReadLogsAsync("a", after: 1));
        Assert.Equal(1, Assert.Single(await store.ReadLogsAsync("b")).Number);
    }

    [Fact]
    public async Task A_web_hook_is_due_from_the_outcome_until_it_is_delivered()
    {
        IJobStore store = Create();
        await store.AddAsync(New("a") with { WebhookUrl = "https://example.com/a" }, 10);
        await store.AddAsync(New("silent"), 10);
        Assert.Empty(await store.ListDueWebhooksAsync(Now, 10));
        await store.CancelAsync("a", Cancelled, Now);
        await store.CancelAsync("silent", Cancelled, Now);

        store = Reopen(store);
        Assert.Equal("a", Assert.Single(await store.ListDueWebhooksAsync(Now, 10)).Id);
        await store.RecordWebhookAttemptAsync("a", Now.AddSeconds(30));
        Assert.Empty(await store.ListDueWebhooksAsync(Now.AddSeconds(29), 10));
        Assert.Equal(1, Assert.Single(await store.ListDueWebhooksAsync(Now.AddSeconds(30), 10)).WebhookAttempts);
        await store.RecordWebhookAttemptAsync("a", null);
        Assert.Empty(await store.ListDueWebhooksAsync(DateTimeOffset.MaxValue, 10));
    }

    [Fact]
    public async Task Old_jobs_go_with_their_logs_and_unfinished_business_stays()
    {
        IJobStore store = Create();
        foreach (string id in (string[])["old", "hook", "waiting", "1", "2", "3"])
        {
            await store.AddAsync(New(id) with { WebhookUrl = id == "hook" ? "https://example.com" : null }, 10);
        }

        await store.AppendLogsAsync("old", [new JobLogEntry(0, Now, "INFO", "x")]);
        await store.CancelAsync("old", Cancelled, Now);
        await store.CancelAsync("hook", Cancelled, Now);
        foreach (string id in (string[])["1", "2", "3"])
        {
            await store.CancelAsync(id, Cancelled, Now.AddHours(2));
        }

        Assert.Equal(2, await store.PurgeAsync(Now.AddHours(1), keepNewest: 2));

        Assert.Equal(["3", "2", "waiting", "hook"], (await store.ListAsync(10)).Select(j => j.Id));
        Assert.Empty(await store.ReadLogsAsync("old"));
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_page_by_page()
    {
        IJobStore store = Create();
        for (int i = 0; i < 5; i++)
        {
            await store.AddAsync(New($"{i}"), 10);
        }

        Assert.Equal(["4", "3"], (await store.ListAsync(2)).Select(j => j.Id));
        Assert.Equal(["2", "1"], (await store.ListAsync(2, "3")).Select(j => j.Id));
        Assert.Empty(await store.ListAsync(2, "no such job"));

        await store.AddAsync(New("other 1") with { Endpoint = "o/ther" }, 10);
        await store.AddAsync(New("5"), 10);
        await store.AddAsync(New("other 2") with { Endpoint = "o/ther" }, 10);
        Assert.Equal(["5", "4"], (await store.ListAsync(2, endpoint: "a/b/c")).Select(j => j.Id));
        Assert.Equal(["other 1"], (await store.ListAsync(2, "other 2", "o/ther")).Select(j => j.Id));
        Assert.Empty(await store.ListAsync(2, endpoint: "no/such"));
    }

    private static NewJob New(string id) => new() { Id = id, Endpoint = "a/b/c", Input = "{}", Origin = "http://host", Created = Now };

    private static async Task<IReadOnlyList<int>> PositionsAsync(IJobStore store, params string[] ids)
    {
        List<int> positions = [];
        foreach (string id in ids)
        {
            positions.Add((await store.GetStatusAsync(id))!.QueuePosition);
        }

        return positions;
    }
}
