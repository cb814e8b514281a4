namespace LtxEngine.Server.Jobs;

/// <summary>What a status poll needs, and nothing large.</summary>
internal record JobStatus
{
    /// <summary>The request id.</summary>
    public required string Id { get; init; }

    /// <summary>The endpoint that was asked.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Where the job stands.</summary>
    public required JobState State { get; init; }

    /// <summary>Number of jobs of the same endpoint ahead, 0 = next; 0 where the job does not wait.</summary>
    public int QueuePosition { get; init; }

    /// <summary>How often a worker took the job.</summary>
    public int Attempts { get; init; }

    /// <summary>When the job was submitted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When a worker took it last; null where none did.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it got its outcome.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>HTTP status of the outcome; null before.</summary>
    public int? StatusCode { get; init; }

    /// <summary><see cref="JobOutcome.Error"/>.</summary>
    public string? Error { get; init; }

    /// <summary><see cref="JobOutcome.ErrorType"/>.</summary>
    public string? ErrorType { get; init; }
}
