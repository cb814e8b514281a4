using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Work;

namespace LtxEngine.Server.Http;

/// <summary>What the hosted service does not have: health, the models, past jobs, live progress.</summary>
internal sealed class OwnRoutes(
    IJobStore store, IWorkQueue queue, JobAnswers answers, ProgressBoard board, KeyRing keys, EndpointNames endpoints, ServerLifetime lifetime)
{
    private const int MaxListed = 100;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Routes under <c>/api</c> and <c>/health</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answering">The work; null where the path is none of them.</param>
    public bool TryHandle(ApiRequest request, out Task? answering) => (answering = request.Segments switch
    {
        ["health"] or ["health", "live"] => Get(request, () => JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["status"] = "alive" })),
        ["health", "ready"] => Get(request, () => ReadyAsync(request)),
        ["api", "models"] => Get(request, () => ModelsAsync(request)),
        ["api", "jobs"] => Get(request, () => ListAsync(request)),
        ["api", "jobs", { } id] => Get(request, () => JobAsync(request, id)),
        ["api", "jobs", { } id, "events"] => Get(request, () => EventsAsync(request, id)),
        _ => null,
    }) is not null;

    private static Task Get(ApiRequest request, Func<Task> handle) => request.Method is "GET" or "HEAD" ? handle() : throw ApiErrors.WrongMethod("GET");

    private async Task ReadyAsync(ApiRequest request)
    {
        bool isStoreThere;
        try
        {
            await store.CountAsync(request.Aborted).ConfigureAwait(false);
            isStoreThere = true;
        }
#pragma warning disable CA1031 // Whatever is wrong with the store: the server is not ready.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            isStoreThere = false;
        }

        string status = lifetime.IsDraining ? "stopping" : !isStoreThere ? "no store" : !lifetime.IsReady ? "loading" : "ready";
        await JsonAnswer.WriteAsync(request.Context, status == "ready" ? 200 : 503, new JsonObject { ["status"] = status }).ConfigureAwait(false);
    }

    private Task ModelsAsync(ApiRequest request)
    {
        keys.Authorize(request);
        return JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["models"] = new JsonArray([.. endpoints.All.Select(e => (JsonNode)JsonValue.Create(e))]) });
    }

    private async Task ListAsync(ApiRequest request)
    {
        keys.Authorize(request);
        int limit = int.TryParse(request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? Math.Clamp(given, 1, MaxListed) : 20;
        string before = request.Query["before"].ToString();
        string model = request.Query["model"].ToString();
        JsonArray list = [];
        foreach (Job job in await store.ListAsync(limit, before.Length > 0 ? before : null, model.Length > 0 ? model : null, request.Aborted).ConfigureAwait(false))
        {
            list.Add(await DescribeAsync(request, job, withPreview: false).ConfigureAwait(false));
        }

        await JsonAnswer.WriteAsync(request.Context, 200, new JsonObject { ["jobs"] = list }).ConfigureAwait(false);
    }

    private async Task JobAsync(ApiRequest request, string id)
    {
        keys.Authorize(request);
        Job job = await store.GetAsync(id, request.Aborted).ConfigureAwait(false) ?? throw ApiErrors.UnknownRequest();
        request.Context.Response.Headers["x-fal-request-id"] = job.Id;
        JsonObject answer = await DescribeAsync(request, job, withPreview: true).ConfigureAwait(false);
        answer["logs"] = JobAnswers.CreateStatus(job with { State = JobState.Running }, request.QueuePrefix, await store.ReadLogsAsync(id, 0, request.Aborted).ConfigureAwait(false))["logs"]!.DeepClone();
        await JsonAnswer.WriteAsync(request.Context, 200, answer).ConfigureAwait(false);
    }

    /// <summary>Events <c>status</c> (state and new log lines) and <c>progress</c> until the job is completed.</summary>
    private async Task EventsAsync(ApiRequest request, string id)
    {
        keys.Authorize(request);
        using IJobSubscription signals = queue.Subscribe(id);
        JobStatus status = await store.GetStatusAsync(id, request.Aborted).ConfigureAwait(false) ?? throw ApiErrors.UnknownRequest();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, lifetime.Draining);
        EventStream stream = await EventStream.StartAsync(request.Context).ConfigureAwait(false);
        JobStatus? last = null;
        int lastLog = 0;
        long lastProgress = 0;
        string? lastPreview = null;
        try
        {
            while (true)
            {
                IReadOnlyList<JobLogEntry> logs = status.State == JobState.Queued ? [] : await store.ReadLogsAsync(id, lastLog, ending.Token).ConfigureAwait(false);
                if (last != status || logs.Count > 0)
                {
                    await stream.SendAsync("status", JobAnswers.CreateStatus(status, request.QueuePrefix, logs), ending.Token).ConfigureAwait(false);
                    lastLog = logs.Count > 0 ? logs[^1].Number : lastLog;
                    last = status;
                }

                if (board.Find(id) is { } progress && progress.Version != lastProgress)
                {
                    await stream.SendAsync("progress", Describe(progress, withPreview: !ReferenceEquals(progress.Preview, lastPreview)), ending.Token).ConfigureAwait(false);
                    lastProgress = progress.Version;
                    lastPreview = progress.Preview;
                }

                if (status.State == JobState.Completed)
                {
                    return;
                }

                await signals.WaitAsync(ProgressInterval, ending.Token).ConfigureAwait(false);
                status = await store.GetStatusAsync(id, ending.Token).ConfigureAwait(false) ?? throw ApiErrors.UnknownRequest();
            }
        }
        catch (OperationCanceledException) when (lifetime.IsDraining && !request.Aborted.IsCancellationRequested)
        {
            request.Context.Abort();
        }
    }

    private async Task<JsonObject> DescribeAsync(ApiRequest request, Job job, bool withPreview)
    {
        JsonObject answer = JobAnswers.CreateStatus(job, request.QueuePrefix, logs: null);
        answer["endpoint"] = job.Endpoint;
        answer["created"] = job.Created.ToString("O", CultureInfo.InvariantCulture);
        answer["started"] = job.Started?.ToString("O", CultureInfo.InvariantCulture);
        answer["finished"] = job.Finished?.ToString("O", CultureInfo.InvariantCulture);
        answer["status_code"] = job.StatusCode;
        answer["input"] = JsonNode.Parse(job.Input);
        answer["result"] = job.Outcome is null ? null : await answers.CreateResultAsync(job.Outcome, request.Origin, allowInline: false, request.Aborted).ConfigureAwait(false);
        answer["progress"] = board.Find(job.Id) is { } progress ? Describe(progress, withPreview) : null;
        return answer;
    }

    private static JsonObject Describe(JobProgress job, bool withPreview)
    {
        GenerationProgress progress = job.Progress;
        JsonObject answer = new()
        {
            ["stage"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(progress.Stage.ToString()),
            ["step"] = progress.Step,
            ["steps"] = progress.Steps,
            ["fraction"] = Math.Round(progress.StageFraction, 4),
            ["elapsed"] = Math.Round(progress.Elapsed.TotalSeconds, 3),
            ["stage_remaining"] = progress.StageRemaining is { } remaining ? Math.Round(remaining.TotalSeconds, 1) : null,
        };
        if (withPreview && job.Preview is { } preview)
        {
            answer["preview"] = preview;
        }

        return answer;
    }
}
