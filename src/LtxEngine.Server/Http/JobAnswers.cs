using System.Globalization;
using System.Text.Json.Nodes;
using LtxEngine.Server.Files;
using LtxEngine.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Shapes what is told about jobs: submit, status, result, web hook.</summary>
internal sealed class JobAnswers(IJobStore store, IFileStore files, TimeProvider time)
{
    /// <summary>A clip within the answer is kept this long, so that a client that lost the connection can ask again.</summary>
    private static readonly TimeSpan InlineLifetime = TimeSpan.FromMinutes(10);

    /// <summary>What a status poll is told.</summary>
    /// <param name="status">The job.</param>
    /// <param name="queuePrefix">Where the caller reaches the queue.</param>
    /// <param name="logs">The log lines to tell; null for none.</param>
    public static JsonObject CreateStatus(JobStatus status, string queuePrefix, IReadOnlyList<JobLogEntry>? logs)
    {
        JsonObject answer = new()
        {
            ["status"] = status.State switch
            {
                JobState.Queued => "IN_QUEUE",
                JobState.Running => "IN_PROGRESS",
                _ => "COMPLETED",
            },
            ["request_id"] = status.Id,
        };
        AddUrls(answer, status, queuePrefix);
        if (status.State == JobState.Queued)
        {
            answer["queue_position"] = status.QueuePosition;
            return answer;
        }

        answer["logs"] = logs is null ? null : new JsonArray([.. logs.Select(CreateLog)]);
        if (status.State == JobState.Completed)
        {
            double seconds = status.Started is { } started ? (status.Finished!.Value - started).TotalSeconds : 0;
            answer["metrics"] = new JsonObject { ["inference_time"] = Math.Round(seconds, 3) };
            if (status.Error is not null)
            {
                answer["error"] = status.Error;
                answer["error_type"] = status.ErrorType;
            }
        }

        return answer;
    }

    /// <summary>Adds the three addresses of a job.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="status">The job.</param>
    /// <param name="queuePrefix">Where the caller reaches the queue.</param>
    public static void AddUrls(JsonObject answer, JobStatus status, string queuePrefix) => AddUrls(answer, status.Endpoint, status.Id, queuePrefix);

    /// <summary>Adds the three addresses of a job.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="endpoint">The job's endpoint; the addresses have its first two parts only.</param>
    /// <param name="id">The job.</param>
    /// <param name="queuePrefix">Where the caller reaches the queue.</param>
    public static void AddUrls(JsonObject answer, string endpoint, string id, string queuePrefix)
    {
        string url = $"{queuePrefix}/{string.Join('/', endpoint.Split('/').Take(2))}/requests/{id}";
        answer["response_url"] = url;
        answer["status_url"] = url + "/status";
        answer["cancel_url"] = url + "/cancel";
    }

    /// <summary>Answers with the outcome of a completed job.</summary>
    /// <param name="context">The request.</param>
    /// <param name="job">The job.</param>
    /// <param name="origin">Scheme, host and path base, for the file's address.</param>
    public async Task WriteResultAsync(HttpContext context, Job job, string origin)
    {
        JobOutcome outcome = job.Outcome!;
        IHeaderDictionary headers = context.Response.Headers;
        Set("x-fal-error-type", outcome.ErrorType);
        Set("x-fal-billable-units", outcome.BillableUnits);
        Set("x-fal-request-timeout-type", outcome.TimeoutType);
        Set("x-fal-retryable", outcome.StatusCode == 200 ? null : "false");
        JsonObject body = await CreateResultAsync(outcome, origin, allowInline: true, context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, outcome.StatusCode, body).ConfigureAwait(false);
        if (outcome is { IsInline: true, OutputFileId: { } file })
        {
            DateTimeOffset expires = job.Finished!.Value + InlineLifetime;
            await files.LimitLifetimeAsync(file, expires > time.GetUtcNow() ? expires : time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
        }

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                headers[name] = value;
            }
        }
    }

    /// <summary>What a web hook is told.</summary>
    /// <param name="job">A completed job.</param>
    public async Task<JsonObject> CreateWebhookAsync(Job job)
    {
        JobOutcome outcome = job.Outcome!;
        JsonObject answer = new() { ["request_id"] = job.Id, ["gateway_request_id"] = job.Id, ["status"] = outcome.StatusCode == 200 ? "OK" : "ERROR" };
        if (outcome.StatusCode != 200)
        {
            answer["error"] = outcome.Error ?? $"Invalid status code: {outcome.StatusCode.ToString(CultureInfo.InvariantCulture)}";
        }

        try
        {
            answer["payload"] = await CreateResultAsync(outcome, job.Origin, allowInline: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ApiErrorException exception)
        {
            // A clip that is to stand within the delivery was read by somebody and has expired since.
            answer["payload"] = null;
            answer["payload_error"] = exception.Body["detail"]!.DeepClone();
        }

        return answer;
    }

    /// <summary>The answer of the result route.</summary>
    /// <param name="outcome">How the job ended.</param>
    /// <param name="origin">Scheme, host and path base, for the file's address.</param>
    /// <param name="allowInline">Whether a clip may stand within the answer.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ApiErrorException">404: a clip that is to stand within the answer has expired.</exception>
    public async Task<JsonObject> CreateResultAsync(JobOutcome outcome, string origin, bool allowInline, CancellationToken cancellationToken)
    {
        JsonObject body = JsonNode.Parse(outcome.Body)!.AsObject();
        if (outcome.OutputFileId is { } id)
        {
            JsonObject video = body["video"]!.AsObject();
            video["url"] = outcome.IsInline && allowInline
                ? await ReadInlineAsync(id, video["content_type"]!.GetValue<string>(), cancellationToken).ConfigureAwait(false)
                : FileUrls.Create(origin, id, video["file_name"]!.GetValue<string>());
        }

        return body;
    }

    /// <summary>Reads the log of a job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="after">Only lines with a greater number.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task<IReadOnlyList<JobLogEntry>> ReadLogsAsync(string id, int after, CancellationToken cancellationToken) => store.ReadLogsAsync(id, after, cancellationToken);

    private static JsonObject CreateLog(JobLogEntry entry) => new()
    {
        ["timestamp"] = entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        ["level"] = entry.Level,
        ["source"] = "USER",
        ["message"] = entry.Message,
    };

    private async Task<string> ReadInlineAsync(string id, string contentType, CancellationToken cancellationToken)
    {
        Stream content = await files.OpenAsync(id, cancellationToken).ConfigureAwait(false) ?? throw ApiErrors.Text(404, "The result has expired");
        await using (content.ConfigureAwait(false))
        {
            byte[] bytes = new byte[content.Length];
            await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return $"data:{contentType};base64,{Convert.ToBase64String(bytes)}";
        }
    }
}
