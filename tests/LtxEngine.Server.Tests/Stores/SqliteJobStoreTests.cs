using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>The embedded store passes the conformance suite.</summary>
public sealed class SqliteJobStoreTests : JobStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SqliteJobStore> _opened = [];

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name()
    {
        string path = _folder.File("broken.db");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("this is not a database ", 100)));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => new SqliteJobStore(path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_stays_whole_under_writers_and_readers()
    {
        using SqliteJobStore store = new(_folder.File("many.db"));
        NewJob job = new() { Id = "x", Endpoint = "a/b/c", Input = "{}", Origin = "http://host", Created = DateTimeOffset.UtcNow };
        await store.AddAsync(job, 1000);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await store.AddAsync(job with { Id = $"{worker}-{i}" }, 1000);
                await store.AppendLogsAsync("x", [new JobLogEntry(0, DateTimeOffset.UtcNow, "INFO", "line")]);
                Assert.NotNull(await store.GetStatusAsync($"{worker}-{i}"));
            }
        })));

        Assert.Equal(161, (await store.CountAsync()).Queued);
        Assert.Equal(Enumerable.Range(1, 160), (await store.ReadLogsAsync("x")).Select(l => l.Number));
        Assert.Equal("ok", store.CheckIntegrity());
    }

    [Fact]
    public async Task A_closed_store_is_read_by_nobody_and_leaves_its_file_alone()
    {
        string path = Path.Combine(Directory.CreateDirectory(_folder.File("closed")).FullName, "jobs.db");
        SqliteJobStore store = new(path);
        TaskCompletionSource hasRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task reading = Task.Run(async () =>
        {
            while (true)
            {
                await store.CountAsync();
                hasRead.TrySetResult();
            }
        });
        await hasRead.Task;

        store.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.File("closed")));
    }

    public void Dispose()
    {
        foreach (SqliteJobStore store in _opened)
        {
            store.Dispose();
        }

        _folder.Dispose();
    }

    private protected override IJobStore Create()
    {
        SqliteJobStore store = new(_folder.File("jobs.db"));
        _opened.Add(store);
        return store;
    }

    private protected override IJobStore Reopen(IJobStore store)
    {
        ((SqliteJobStore)store).Dispose();
        return Create();
    }
}
