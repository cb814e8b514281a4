namespace LtxEngine.Server.Jobs;

/// <content>Every change of a job.</content>
internal sealed partial class SqliteJobStore
{
    /// <summary>What every way to an outcome sets. A web hook is due at once.</summary>
    private const string SetOutcome =
        """
        UPDATE jobs SET state = 2, finished = $now, status_code = $status_code, body = $body, error = $error, error_type = $error_type,
            output_file = $output_file, is_inline = $is_inline, billable_units = $billable_units, timeout_type = $timeout_type,
            webhook_due = CASE WHEN webhook_url IS NULL THEN NULL ELSE $now END
        """;

    /// <inheritdoc/>
    public Task<int?> AddAsync(NewJob job, int queueLimit, CancellationToken cancellationToken = default) => WriteAsync<int?>(
        transaction =>
        {
            if (job.Outcome is null && transaction.Count("SELECT COUNT(*) FROM jobs WHERE state = 0") >= queueLimit)
            {
                return null;
            }

            transaction.Execute(
                """
                INSERT INTO jobs (id, endpoint, state, priority, is_direct, created, start_deadline, output_lifetime, webhook_url, origin, input)
                VALUES ($id, $endpoint, 0, $priority, $is_direct, $created, $start_deadline, $output_lifetime, $webhook_url, $origin, $input)
                """,
                ("$id", job.Id),
                ("$endpoint", job.Endpoint),
                ("$priority", (int)job.Priority),
                ("$is_direct", job.IsDirect),
                ("$created", Milliseconds(job.Created)),
                ("$start_deadline", job.StartDeadline is { } deadline ? Milliseconds(deadline) : null),
                ("$output_lifetime", job.OutputLifetime is { } lifetime ? (long)lifetime.TotalMilliseconds : null),
                ("$webhook_url", job.WebhookUrl),
                ("$origin", job.Origin),
                ("$input", job.Input));
            if (job.Outcome is not null)
            {
                transaction.Execute(SetOutcome + " WHERE id = $id", [("$id", job.Id), .. Parameters(job.Outcome, job.Created)]);
                return 0;
            }

            return transaction.ReadJob(job.Id)!.QueuePosition;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<Job?> StartAsync(string id, DateTimeOffset now, CancellationToken cancellationToken = default) => WriteAsync(
        transaction => transaction.Execute(
            """
            UPDATE jobs SET state = 1, attempts = attempts + 1, started = $now, start_deadline = NULL
            WHERE id = $id AND state = 0 AND (start_deadline IS NULL OR start_deadline > $now)
            """,
            ("$id", id),
            ("$now", Milliseconds(now))) == 1
            ? transaction.ReadJob(id)
            : null,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(string id, int attempt, CancellationToken cancellationToken = default) => WriteAsync(
        transaction => transaction.Execute(
            "UPDATE jobs SET state = 0, attempts = attempts - 1, started = NULL WHERE id = $id AND state = 1 AND attempts = $attempt",
            ("$id", id),
            ("$attempt", attempt)) == 1,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CompleteAsync(string id, int attempt, JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default) => WriteAsync(
        transaction => transaction.Execute(
            SetOutcome + " WHERE id = $id AND state = 1 AND attempts = $attempt",
            [("$id", id), ("$attempt", attempt), .. Parameters(outcome, now)]) == 1,
        cancellationToken);

    /// <inheritdoc/>
    public Task<CancelResult> CancelAsync(string id, JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default) => WriteAsync(
        transaction =>
        {
            if (transaction.Execute(SetOutcome + " WHERE id = $id AND state = 0", [("$id", id), .. Parameters(outcome, now)]) == 1)
            {
                return CancelResult.Removed;
            }

            if (transaction.Execute("UPDATE jobs SET cancel_requested = 1 WHERE id = $id AND state = 1", ("$id", id)) == 1)
            {
                return CancelResult.Requested;
            }

            return transaction.Count("SELECT COUNT(*) FROM jobs WHERE id = $id", ("$id", id)) == 1 ? CancelResult.AlreadyCompleted : CancelResult.Unknown;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ExpireStartsAsync(JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        const string Expired = " WHERE state = 0 AND start_deadline <= $now";
        return Read(command => command.ExecuteScalar() is null, "SELECT 1 FROM jobs" + Expired + " LIMIT 1", ("$now", Milliseconds(now)))
            ? Task.FromResult<IReadOnlyList<string>>([])
            : WriteAsync<IReadOnlyList<string>>(transaction => transaction.Texts(SetOutcome + Expired + " RETURNING id", Parameters(outcome, now)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<int> RecoverAsync(int maxAttempts, JobOutcome crashed, JobOutcome cancelled, DateTimeOffset now, CancellationToken cancellationToken = default) => WriteAsync(
        transaction =>
        {
            transaction.Execute(SetOutcome + " WHERE state <> 2 AND (is_direct = 1 OR cancel_requested = 1)", Parameters(cancelled, now));
            transaction.Execute(SetOutcome + " WHERE state = 1 AND attempts >= $max", [("$max", maxAttempts), .. Parameters(crashed, now)]);
            return transaction.Execute("UPDATE jobs SET state = 0, started = NULL WHERE state = 1");
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task AppendLogsAsync(string id, IReadOnlyList<JobLogEntry> entries, CancellationToken cancellationToken = default) => WriteAsync(
        transaction =>
        {
            foreach (JobLogEntry entry in entries)
            {
                transaction.Execute(
                    """
                    INSERT INTO logs (job, number, time, level, message)
                    SELECT sequence, (SELECT COALESCE(MAX(number), 0) + 1 FROM logs WHERE job = sequence), $time, $level, $message FROM jobs WHERE id = $id
                    """,
                    ("$id", id),
                    ("$time", Milliseconds(entry.Time)),
                    ("$level", entry.Level),
                    ("$message", entry.Message));
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task RecordWebhookAttemptAsync(string id, DateTimeOffset? nextAttempt, CancellationToken cancellationToken = default) => WriteAsync(
        transaction => transaction.Execute(
            "UPDATE jobs SET webhook_attempts = webhook_attempts + 1, webhook_due = $next WHERE id = $id AND webhook_due IS NOT NULL",
            ("$id", id),
            ("$next", nextAttempt is { } next ? Milliseconds(next) : null)),
        cancellationToken);

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset finishedBefore, int keepNewest, CancellationToken cancellationToken = default) => WriteAsync(
        transaction =>
        {
            int removed = transaction.Execute(
                """
                DELETE FROM jobs WHERE state = 2 AND webhook_due IS NULL AND (
                    finished < $before
                    OR sequence <= (SELECT sequence FROM jobs WHERE state = 2 ORDER BY sequence DESC LIMIT 1 OFFSET $keep))
                """,
                ("$before", Milliseconds(finishedBefore)),
                ("$keep", keepNewest));
            if (removed > 0)
            {
                transaction.Execute("DELETE FROM logs WHERE job NOT IN (SELECT sequence FROM jobs)");
            }

            return removed;
        },
        cancellationToken);

    private static (string Name, object? Value)[] Parameters(JobOutcome outcome, DateTimeOffset now) =>
    [
        ("$now", Milliseconds(now)),
        ("$status_code", outcome.StatusCode),
        ("$body", outcome.Body),
        ("$error", outcome.Error),
        ("$error_type", outcome.ErrorType),
        ("$output_file", outcome.OutputFileId),
        ("$is_inline", outcome.IsInline),
        ("$billable_units", outcome.BillableUnits),
        ("$timeout_type", outcome.TimeoutType),
    ];
}
