namespace LtxEngine.Server.Jobs;

/// <content>What changes nothing.</content>
internal sealed partial class SqliteJobStore
{
    /// <inheritdoc/>
    public Task<JobStatus?> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Read(command => MapAll(command, MapStatus).FirstOrDefault(), $"SELECT {StatusColumns} FROM jobs WHERE id = $id", ("$id", id)));

    /// <inheritdoc/>
    public Task<Job?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Read(command => MapAll(command, MapJob).FirstOrDefault(), $"SELECT {JobColumns} FROM jobs WHERE id = $id", ("$id", id)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<Job>> ListAsync(int limit, string? beforeId = null, string? endpoint = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<Job>>(Read(
            command => MapAll(command, MapJob),
            $"""
            SELECT {JobColumns} FROM jobs
            WHERE ($before IS NULL OR sequence < (SELECT earlier.sequence FROM jobs AS earlier WHERE earlier.id = $before))
                AND ($endpoint IS NULL OR endpoint = $endpoint)
            ORDER BY sequence DESC LIMIT $limit
            """,
            ("$before", beforeId),
            ("$endpoint", endpoint),
            ("$limit", limit)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkItem>> ListQueuedAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<WorkItem>>(Read(
            command => MapAll(command, row => new WorkItem(row.GetString(0), row.GetString(1), (JobPriority)row.GetInt32(2))),
            "SELECT id, endpoint, priority FROM jobs WHERE state = 0 ORDER BY priority, sequence"));

    /// <inheritdoc/>
    public Task<JobCounts> CountAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(Read(
            command =>
            {
                int[] counts = new int[3];
                foreach ((int state, int count) in MapAll(command, row => (row.GetInt32(0), row.GetInt32(1))))
                {
                    counts[state] = count;
                }

                return new JobCounts(counts[0], counts[1], counts[2]);
            },
            "SELECT state, COUNT(*) FROM jobs GROUP BY state"));

    /// <inheritdoc/>
    public Task<bool> IsCancelRequestedAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Read(command => command.ExecuteScalar() is 1L, "SELECT cancel_requested FROM jobs WHERE id = $id", ("$id", id)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobLogEntry>> ReadLogsAsync(string id, int after = 0, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<JobLogEntry>>(Read(
            command => MapAll(command, row => new JobLogEntry(row.GetInt32(0), Time(row, 1)!.Value, row.GetString(2), row.GetString(3))),
            """
            SELECT number, time, level, message FROM logs
            WHERE job = (SELECT sequence FROM jobs WHERE id = $id) AND number > $after ORDER BY number
            """,
            ("$id", id),
            ("$after", after)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<Job>> ListDueWebhooksAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<Job>>(Read(
            command => MapAll(command, MapJob),
            $"SELECT {JobColumns} FROM jobs WHERE webhook_due <= $now ORDER BY webhook_due LIMIT $limit",
            ("$now", Milliseconds(now)),
            ("$limit", limit)));
}
