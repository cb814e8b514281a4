namespace LtxEngine.Server.Jobs;

/// <summary>What is stored when a job is submitted.</summary>
internal sealed record NewJob
{
    /// <summary>The request id.</summary>
    public required string Id { get; init; }

    /// <summary>The endpoint that was asked, such as <c>fal-ai/ltx-2-19b/image-to-video</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The input, a JSON object.</summary>
    public required string Input { get; init; }

    /// <summary>Scheme, host and path base under which the caller reached the server, for the URLs of web hooks.</summary>
    public required string Origin { get; init; }

    /// <summary>Order among the waiting jobs.</summary>
    public JobPriority Priority { get; init; }

    /// <summary>Where the outcome is sent; null for nowhere.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Whether a caller waits on an open connection: such a job dies with its connection and is never run again.</summary>
    public bool IsDirect { get; init; }

    /// <summary>When the job was submitted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>A job that has not started by then ends as timed out; null for no limit.</summary>
    public DateTimeOffset? StartDeadline { get; init; }

    /// <summary>How long the generated file is kept; null for the server's own time.</summary>
    public TimeSpan? OutputLifetime { get; init; }

    /// <summary>The outcome of a job that need not run, because its input was refused; else null.</summary>
    public JobOutcome? Outcome { get; init; }
}
