namespace LtxEngine.Server.Jobs;

/// <summary>A job with everything that is stored of it.</summary>
internal sealed record Job : JobStatus
{
    /// <summary>The input, a JSON object.</summary>
    public required string Input { get; init; }

    /// <summary>Scheme, host and path base under which the caller reached the server.</summary>
    public required string Origin { get; init; }

    /// <summary>Whether a caller waits on an open connection.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Order among the waiting jobs.</summary>
    public JobPriority Priority { get; init; }

    /// <summary>Where the outcome is sent; null for nowhere.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>How often the outcome was sent.</summary>
    public int WebhookAttempts { get; init; }

    /// <summary>How long the generated file is kept; null for the server's own time.</summary>
    public TimeSpan? OutputLifetime { get; init; }

    /// <summary>How it ended; null before.</summary>
    public JobOutcome? Outcome { get; init; }
}
