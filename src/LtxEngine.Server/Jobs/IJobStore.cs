namespace LtxEngine.Server.Jobs;

/// <summary>
/// Keeps requests, states, logs, outcomes and web hooks. It is the truth about every job: each change of state happens once, whoever asks
/// and however often, and what a method returned survives the end of the process. All methods are thread-safe.
/// </summary>
internal interface IJobStore
{
    /// <summary>Stores a job as queued, or as completed where it brings its outcome.</summary>
    /// <param name="job">The job; its id must be new.</param>
    /// <param name="queueLimit">Largest number of queued jobs after the call; a job with an outcome does not count.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Number of jobs of the endpoint ahead of it; null where the queue is full and nothing was stored.</returns>
    Task<int?> AddAsync(NewJob job, int queueLimit, CancellationToken cancellationToken = default);

    /// <summary>Reads what a status poll needs.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The status; null where there is no such job.</returns>
    Task<JobStatus?> GetStatusAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Reads a job with its input and outcome.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The job; null where there is no such job.</returns>
    Task<Job?> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Reads the newest jobs, newest first, direct ones included.</summary>
    /// <param name="limit">Largest number of jobs.</param>
    /// <param name="beforeId">Only jobs submitted before this one; null for all.</param>
    /// <param name="endpoint">Only jobs of this endpoint; null for all.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The jobs.</returns>
    Task<IReadOnlyList<Job>> ListAsync(int limit, string? beforeId = null, string? endpoint = null, CancellationToken cancellationToken = default);

    /// <summary>Reads the waiting jobs in the order in which they are to run.</summary>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The jobs.</returns>
    Task<IReadOnlyList<WorkItem>> ListQueuedAsync(CancellationToken cancellationToken = default);

    /// <summary>Counts the jobs.</summary>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The numbers.</returns>
    Task<JobCounts> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Hands a queued job to a worker: it becomes running, its attempts grow by one. Of several callers one gets it.</summary>
    /// <param name="id">The job.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The job; null where it does not wait (any more), or its start deadline has passed.</returns>
    Task<Job?> StartAsync(string id, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Gives a running job back: it is queued at its old place and the attempt does not count.</summary>
    /// <param name="id">The job.</param>
    /// <param name="attempt">The attempt that gives it back; another attempt changes nothing.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Whether the job waits again.</returns>
    Task<bool> ReleaseAsync(string id, int attempt, CancellationToken cancellationToken = default);

    /// <summary>Gives a running job its outcome. It never gets a second one.</summary>
    /// <param name="id">The job.</param>
    /// <param name="attempt">The attempt that ends; another attempt changes nothing.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Whether this call completed the job.</returns>
    Task<bool> CompleteAsync(string id, int attempt, JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job: a queued one gets the outcome, a running one a mark (<see cref="IsCancelRequestedAsync"/>).</summary>
    /// <param name="id">The job.</param>
    /// <param name="outcome">What a queued job ends with.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>What the call met.</returns>
    Task<CancelResult> CancelAsync(string id, JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Whether somebody cancelled a running job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>True where its worker should stop.</returns>
    Task<bool> IsCancelRequestedAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Completes every queued job whose start deadline has passed.</summary>
    /// <param name="outcome">What they end with.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The jobs.</returns>
    Task<IReadOnlyList<string>> ExpireStartsAsync(JobOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts things right after a crash: running jobs wait again, except those with <paramref name="maxAttempts"/> attempts, which get
    /// <paramref name="crashed"/>, and those that were to be cancelled or whose caller is gone, which get <paramref name="cancelled"/>.
    /// Queued direct jobs are cancelled as well. To be called before any worker starts.
    /// </summary>
    /// <param name="maxAttempts">How often a job may be started.</param>
    /// <param name="crashed">What a job ends with that was started too often.</param>
    /// <param name="cancelled">What a job ends with that nobody waits for.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Number of jobs that will run again.</returns>
    Task<int> RecoverAsync(int maxAttempts, JobOutcome crashed, JobOutcome cancelled, DateTimeOffset now, CancellationToken cancellationToken = default);

    /// <summary>Adds lines to the log of a job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="entries">The lines; their numbers are ignored and given by the store.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The end of it.</returns>
    Task AppendLogsAsync(string id, IReadOnlyList<JobLogEntry> entries, CancellationToken cancellationToken = default);

    /// <summary>Reads the log of a job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="after">Only lines with a greater number.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The lines in order.</returns>
    Task<IReadOnlyList<JobLogEntry>> ReadLogsAsync(string id, int after = 0, CancellationToken cancellationToken = default);

    /// <summary>Reads completed jobs whose web hook is due.</summary>
    /// <param name="now">The time.</param>
    /// <param name="limit">Largest number of jobs.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The jobs, longest due first.</returns>
    Task<IReadOnlyList<Job>> ListDueWebhooksAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken = default);

    /// <summary>Records a delivery.</summary>
    /// <param name="id">The job.</param>
    /// <param name="nextAttempt">When to try again; null where it arrived or was given up.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>The end of it.</returns>
    Task RecordWebhookAttemptAsync(string id, DateTimeOffset? nextAttempt, CancellationToken cancellationToken = default);

    /// <summary>Removes completed jobs with their logs.</summary>
    /// <param name="finishedBefore">Jobs that ended before go, unless their web hook is still to be sent.</param>
    /// <param name="keepNewest">Of the rest the newest so many stay.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>Number of removed jobs.</returns>
    Task<int> PurgeAsync(DateTimeOffset finishedBefore, int keepNewest, CancellationToken cancellationToken = default);
}
