using System.Text.Json;
using LtxEngine.Server.Files;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Pictures;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Work;

/// <summary>Runs one job from its input to its outcome.</summary>
internal sealed class JobRunner(
    IJobStore store,
    IWorkQueue queue,
    IFileStore files,
    IClipGenerator generator,
    PictureFetcher pictures,
    PictureCheck check,
    ProgressBoard board,
    ServerMetrics metrics,
    ServerLifetime lifetime,
    LtxServerOptions options,
    TimeProvider time,
    ILogger<JobRunner> log)
{
    /// <summary>A cancellation of another process is noticed after this time; one of this process at once.</summary>
    private static readonly TimeSpan CancelPoll = TimeSpan.FromSeconds(2);

    /// <summary>Runs a job that was started. It ends with an outcome, or waits again where the server must stop.</summary>
    /// <param name="job">The job.</param>
    public async Task RunAsync(Job job)
    {
        using IDisposable? scope = log.BeginScope(new Dictionary<string, object> { ["RequestId"] = job.Id });
        metrics.Started(job.Started!.Value - job.Created);
        queue.Signal(job.Id);
        using CancellationTokenSource cancelled = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancelled.Token, lifetime.Drained);
        using CancellationTokenSource done = new();
        Task watching = WatchForCancellationAsync(job.Id, cancelled, done.Token);
        string folder = Directory.CreateDirectory(Path.Combine(options.DataDirectory, "work", job.Id)).FullName;
        JobOutcome? outcome = null;
        try
        {
            outcome = await ProduceAsync(job, folder, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            outcome = JobOutcomes.Cancelled;
        }
        catch (OperationCanceledException) when (lifetime.Drained.IsCancellationRequested)
        {
            log.LogInformation("Request {RequestId} is handed back to the queue: the server stops", job.Id);
        }
#pragma warning disable CA1031 // The border of a job: whatever went wrong becomes its outcome and never ends the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.LogError(exception, "Request {RequestId} failed", job.Id);
            using JsonDocument input = JsonDocument.Parse(job.Input);
            outcome = JobOutcomes.Failed(input.RootElement);
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
        }

        await FinishAsync(job, outcome).ConfigureAwait(false);
    }

    private async Task FinishAsync(Job job, JobOutcome? outcome)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool changed = outcome is null
            ? await store.ReleaseAsync(job.Id, job.Attempts, CancellationToken.None).ConfigureAwait(false)
            : await store.CompleteAsync(job.Id, job.Attempts, outcome, now, CancellationToken.None).ConfigureAwait(false);
        board.Remove(job.Id);
        if (changed && outcome is not null)
        {
            metrics.Finished(outcome, now - job.Started!.Value);
            log.LogInformation("Request {RequestId} ended with status {StatusCode} after {Seconds:0.0} s", job.Id, outcome.StatusCode, (now - job.Started!.Value).TotalSeconds);
            lifetime.WakeWebhooks();
        }
        else if (!changed && outcome?.OutputFileId is { } file)
        {
            await files.RemoveAsync(file, CancellationToken.None).ConfigureAwait(false);
        }

        queue.Signal(job.Id);
    }

    private async Task<JobOutcome> ProduceAsync(Job job, string folder, CancellationToken cancellationToken)
    {
        using JsonDocument document = JsonDocument.Parse(job.Input);
        JsonElement input = document.RootElement;
        InputReading reading = InputReader.Read(input);
        if (reading.Request is not { } request)
        {
            return JobOutcomes.Refused(reading.Errors);
        }

        JobLogWriter lines = new(job.Id, store, queue, board, time);
        await using (lines.ConfigureAwait(false))
        {
            log.LogDebug("Request {RequestId} runs with prompt {Prompt}", job.Id, request.Prompt);
            lines.Add(job.Attempts > 1 ? "Started again after the server stopped" : "Started");
            foreach ((string field, string? url) in ((string, string?)[])[("image_url", reading.ImageUrl), ("end_image_url", reading.EndImageUrl)])
            {
                if (url is null)
                {
                    continue;
                }

                try
                {
                    string path = Path.Combine(folder, field);
                    await pictures.FetchAsync(url, path, cancellationToken).ConfigureAwait(false);
                    await check.CheckAsync(path, cancellationToken).ConfigureAwait(false);
                    ImageSource image = ImageSource.FromFile(path);
                    request = field == "image_url" ? request with { Image = image } : request with { EndImage = image };
                }
                catch (PictureException exception)
                {
                    log.LogInformation("Request {RequestId}: {Field} is refused: {Reason}", job.Id, field, exception.Reason ?? exception.Message);
                    lines.Add($"{field}: {exception.Message}", "ERROR");
                    return JobOutcomes.Refused(exception, field, url);
                }
            }

            try
            {
                GeneratedClip clip = await generator.GenerateAsync(job.Endpoint, request with { Previews = true }, folder, lines, cancellationToken).ConfigureAwait(false);
                foreach (string warning in clip.Warnings)
                {
                    lines.Add(warning, "WARN");
                }

                return await KeepAsync(job, reading, clip, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidRequestException exception)
            {
                lines.Add("The request cannot be run", "ERROR");
                return JobOutcomes.Refused(exception, input);
            }
            catch (SafetyException exception)
            {
                log.LogInformation("Request {RequestId} is refused by the safety checker", job.Id);
                lines.Add("The safety checker refused the request", "ERROR");
                return JobOutcomes.Refused(exception, input);
            }
        }
    }

    private async Task<JobOutcome> KeepAsync(Job job, InputReading reading, GeneratedClip clip, CancellationToken cancellationToken)
    {
        FileStream content = new(clip.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (content.ConfigureAwait(false))
        {
            NewFile file = new(FileIds.Create(), Path.GetFileName(clip.Path), clip.ContentType, job.OutputLifetime ?? options.FileLifetime);
            StoredFile stored = await files.AddAsync(file, content, long.MaxValue, cancellationToken).ConfigureAwait(false);
            return JobOutcomes.Done(clip, stored.Id, stored.Size, reading.IsInline);
        }
    }

    private async Task WatchForCancellationAsync(string jobId, CancellationTokenSource cancelled, CancellationToken done)
    {
        using IJobSubscription signals = queue.Subscribe(jobId);
        try
        {
            while (!await store.IsCancelRequestedAsync(jobId, done).ConfigureAwait(false))
            {
                await signals.WaitAsync(CancelPoll, done).ConfigureAwait(false);
            }

            await cancelled.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The job has ended.
        }
    }
}
