using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Webhooks;
using LtxEngine.Server.Work;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Submit, status, result, cancel.</summary>
internal sealed class QueueRoutes(
    IJobStore store, IWorkQueue queue, JobService jobs, JobAnswers answers, EndpointNames endpoints, KeyRing keys, RateLimits limits, WebhookTargets webhooks, ServerLifetime lifetime, ServerFolders folders, LtxServerOptions options, TimeProvider time)
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StreamPoll = TimeSpan.FromSeconds(1);

    /// <summary><c>POST /ENDPOINT</c> on the queue.</summary>
    /// <param name="request">The request.</param>
    /// <param name="endpoint">The endpoint.</param>
    public async Task SubmitAsync(ApiRequest request, string endpoint)
    {
        limits.Count(keys.Authorize(request));
        string id = Guid.NewGuid().ToString();
        request.Context.Response.Headers["x-fal-request-id"] = id;
        NewJob job = CreateJob(request, endpoint, id, time.GetUtcNow()) with { WebhookUrl = Webhook(request) };
        using JsonDocument input = await ReadInputAsync(request, options, folders).ConfigureAwait(false);
        int position = await jobs.SubmitAsync(job, input.RootElement, request.Aborted).ConfigureAwait(false);
        JsonObject answer = new() { ["status"] = "IN_QUEUE", ["request_id"] = id, ["gateway_request_id"] = id, ["queue_position"] = position };
        JobAnswers.AddUrls(answer, endpoint, id, request.QueuePrefix);
        await JsonAnswer.WriteAsync(request.Context, StatusCodes.Status200OK, answer).ConfigureAwait(false);
    }

    /// <summary>Everything below <c>/APP/…/requests/ID</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="app">Owner and name.</param>
    /// <param name="id">Any text where the id stands.</param>
    /// <param name="rest">What follows it.</param>
    public Task HandleRequestAsync(ApiRequest request, string app, string id, string rest)
    {
        keys.Authorize(request);
        if (!endpoints.HasApp(app))
        {
            throw ApiErrors.UnknownApplication(app);
        }

        return rest switch
        {
            "" => On("GET", () => ResultAsync(request, app, id)),
            "status" => On("GET", () => StatusAsync(request, app, id)),
            "status/stream" => On("GET", () => StreamAsync(request, app, id)),
            "cancel" => On("PUT", () => CancelAsync(request, app, id)),
            _ => throw ApiErrors.UnknownPath(request.Path),
        };

        Task On(string method, Func<Task> handle) =>
            request.Method == method || (method == "GET" && HttpMethods.IsHead(request.Method)) ? handle() : throw ApiErrors.WrongMethod(method);
    }

    /// <summary>What runs and submits have in common.</summary>
    /// <param name="request">The request.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="id">The job's id.</param>
    /// <param name="now">The time.</param>
    internal static NewJob CreateJob(ApiRequest request, string endpoint, string id, DateTimeOffset now)
    {
        IHeaderDictionary headers = request.Context.Request.Headers;
        return new NewJob
        {
            Id = id,
            Endpoint = endpoint,
            Input = "{}",
            Origin = request.Origin,
            Priority = RequestHeaders.Priority(headers),
            Created = now,
            StartDeadline = RequestHeaders.StartTimeout(headers) is { } timeout ? now + timeout : null,
            OutputLifetime = RequestHeaders.Lifetime(headers, "x-fal-object-lifecycle-preference", "x-fal-object-lifecycle"),
        };
    }

    /// <summary>Reads the input of a run or a submit.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">Limits.</param>
    /// <param name="folders">Where bodies lie.</param>
    /// <exception cref="ApiErrorException">There is no body, or it is not JSON.</exception>
    internal static async Task<JsonDocument> ReadInputAsync(ApiRequest request, LtxServerOptions options, ServerFolders folders) =>
        await JsonBody.ReadAsync(request.Context, options.MaxRequestBytes, folders.Bodies).ConfigureAwait(false)
            ?? throw ApiErrors.Field("missing", "Field required", [], null);

    private string? Webhook(ApiRequest request)
    {
        string text = request.Query["fal_webhook"].ToString();
        return text.Length == 0 ? null
            : webhooks.Parse(text) is { } url ? url.AbsoluteUri
            : throw ApiErrors.Text(400, "fal_webhook must be an http or https address that this server may use", "bad_request");
    }

    private async Task StatusAsync(ApiRequest request, string app, string id)
    {
        JobStatus status = Known(await store.GetStatusAsync(id, request.Aborted).ConfigureAwait(false), app);
        request.Context.Response.Headers["x-fal-request-id"] = status.Id;
        bool wantsLogs = WantsLogs(request) && status.State != JobState.Queued;
        IReadOnlyList<JobLogEntry>? logs = wantsLogs ? await store.ReadLogsAsync(id, 0, request.Aborted).ConfigureAwait(false) : null;
        int code = status.State == JobState.Completed ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        await JsonAnswer.WriteAsync(request.Context, code, JobAnswers.CreateStatus(status, request.QueuePrefix, logs)).ConfigureAwait(false);
    }

    private async Task StreamAsync(ApiRequest request, string app, string id)
    {
        using IJobSubscription signals = queue.Subscribe(id);
        JobStatus status = Known(await store.GetStatusAsync(id, request.Aborted).ConfigureAwait(false), app);
        request.Context.Response.Headers["x-fal-request-id"] = status.Id;
        bool wantsLogs = WantsLogs(request);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, lifetime.Draining);
        EventStream stream = await EventStream.StartAsync(request.Context).ConfigureAwait(false);
        JobStatus? last = null;
        int lastLog = 0;
        long lastSent = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            while (true)
            {
                IReadOnlyList<JobLogEntry> logs = wantsLogs && status.State != JobState.Queued ? await store.ReadLogsAsync(id, lastLog, ending.Token).ConfigureAwait(false) : [];
                if (last != status || logs.Count > 0)
                {
                    await stream.SendAsync(JobAnswers.CreateStatus(status, request.QueuePrefix, wantsLogs ? logs : null), ending.Token).ConfigureAwait(false);
                    lastLog = logs.Count > 0 ? logs[^1].Number : lastLog;
                    last = status;
                    lastSent = System.Diagnostics.Stopwatch.GetTimestamp();
                }
                else if (System.Diagnostics.Stopwatch.GetElapsedTime(lastSent) > PingInterval)
                {
                    await stream.PingAsync(ending.Token).ConfigureAwait(false);
                    lastSent = System.Diagnostics.Stopwatch.GetTimestamp();
                }

                if (status.State == JobState.Completed)
                {
                    return;
                }

                await signals.WaitAsync(StreamPoll, ending.Token).ConfigureAwait(false);
                status = Known(await store.GetStatusAsync(id, ending.Token).ConfigureAwait(false), app);
            }
        }
        catch (OperationCanceledException) when (lifetime.IsDraining && !request.Aborted.IsCancellationRequested)
        {
            // An ended stream would count as completed; a broken one does not.
            request.Context.Abort();
        }
    }

    private async Task ResultAsync(ApiRequest request, string app, string id)
    {
        Job job = (Job)Known(await store.GetAsync(id, request.Aborted).ConfigureAwait(false), app);
        request.Context.Response.Headers["x-fal-request-id"] = job.Id;
        if (job.Outcome is null)
        {
            throw ApiErrors.Text(StatusCodes.Status400BadRequest, "Request is still in progress");
        }

        await answers.WriteResultAsync(request.Context, job, request.Origin).ConfigureAwait(false);
    }

    private async Task CancelAsync(ApiRequest request, string app, string id)
    {
        if (await store.GetStatusAsync(id, request.Aborted).ConfigureAwait(false) is not { } status || EndpointNames.AppOf(status.Endpoint) != app)
        {
            await JsonAnswer.WriteAsync(request.Context, 404, new JsonObject { ["status"] = "NOT_FOUND", ["detail"] = "Request not found" }).ConfigureAwait(false);
            return;
        }

        request.Context.Response.Headers["x-fal-request-id"] = status.Id;
        CancelResult result = await jobs.CancelAsync(id).ConfigureAwait(false);
        (int code, string word) = result switch
        {
            CancelResult.Removed => (200, "CANCELLATION_REQUESTED"),
            CancelResult.Requested => (202, "CANCELLATION_REQUESTED"),
            _ => (400, "ALREADY_COMPLETED"),
        };
        JsonObject answer = new() { ["status"] = word, ["success"] = code != 400 };
        await JsonAnswer.WriteAsync(request.Context, code, answer).ConfigureAwait(false);
    }

    private static JobStatus Known(JobStatus? status, string app) =>
        status is not null && EndpointNames.AppOf(status.Endpoint) == app ? status : throw ApiErrors.UnknownRequest();

    private static bool WantsLogs(ApiRequest request) => request.Query["logs"].ToString() is "1" or "true" or "True";
}
