namespace LtxEngine.Server.Jobs;

/// <summary>How a job ended: the answer of its result route, without what depends on who asks (file URLs).</summary>
internal sealed record JobOutcome
{
    /// <summary>HTTP status of the result, 200 where the job went well.</summary>
    public required int StatusCode { get; init; }

    /// <summary>The answer, a JSON object. With <see cref="OutputFileId"/> it lacks <c>video.url</c>.</summary>
    public required string Body { get; init; }

    /// <summary>Text for the status where the platform, not the model, failed; else null.</summary>
    public string? Error { get; init; }

    /// <summary>Machine-readable word of <see cref="Error"/>, also sent as a header; else null.</summary>
    public string? ErrorType { get; init; }

    /// <summary>The generated file; null where there is none.</summary>
    public string? OutputFileId { get; init; }

    /// <summary>Whether the file is given as a data URI instead of a link.</summary>
    public bool IsInline { get; init; }

    /// <summary>Value of <c>x-fal-billable-units</c>; null for none.</summary>
    public string? BillableUnits { get; init; }

    /// <summary>Value of <c>x-fal-request-timeout-type</c>; null for none.</summary>
    public string? TimeoutType { get; init; }
}
