using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Server.Files;
using LtxEngine.Server.Http;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Pictures;

namespace LtxEngine.Server.Work;

/// <summary>Accepts and cancels jobs: what the routes for runs and for the queue have in common.</summary>
internal sealed class JobService(IJobStore store, IWorkQueue queue, IFileStore files, LtxServerOptions options, ServerMetrics metrics, ServerLifetime lifetime, TimeProvider time)
{
    /// <summary>Largest input without its pictures, in bytes: it is kept with the job.</summary>
    private const int MaxStoredInput = 4 << 20;

    /// <summary>Pictures in data URIs up to this length stay in the input.</summary>
    private const int SmallPicture = 4096;

    private static readonly string[] PictureFields = ["image_url", "end_image_url"];

    /// <summary>Stores a job and gives it to the workers. An input that is refused makes a job that has its outcome at once.</summary>
    /// <param name="job">The job; its input is filled in here.</param>
    /// <param name="input">The input.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Number of jobs ahead.</returns>
    /// <exception cref="ApiErrorException">The queue or the disk is full, the input is too large, or the server stops.</exception>
    public async Task<int> SubmitAsync(NewJob job, JsonElement input, CancellationToken cancellationToken)
    {
        if (lifetime.IsDraining)
        {
            throw new ApiErrorException(503, ApiErrors.TextBody("The server is stopping")) { RetryAfter = 10 };
        }

        InputReading reading = InputReader.Read(input);
        JobOutcome? refused = reading.Request is null ? JobOutcomes.Refused(reading.Errors) : null;
        List<string> stored = [];
        if (refused is null)
        {
            (input, refused) = await StorePicturesAsync(job, input, stored, cancellationToken).ConfigureAwait(false);
        }

        string text = input.GetRawText();
        if (text.Length > MaxStoredInput)
        {
            if (refused is null)
            {
                throw ApiErrors.Text(413, $"The input has more than {MaxStoredInput} characters beside its pictures");
            }

            text = "{}";
        }

        job = job with { Input = text, Outcome = refused };
        if (await store.AddAsync(job, options.QueueLimit, cancellationToken).ConfigureAwait(false) is not { } position)
        {
            foreach (string id in stored)
            {
                await files.RemoveAsync(id, CancellationToken.None).ConfigureAwait(false);
            }

            throw new ApiErrorException(429, ApiErrors.TextBody($"The queue is full: {options.QueueLimit} requests wait")) { RetryAfter = 10 };
        }

        metrics.Submitted(job.IsDirect);
        if (refused is null)
        {
            await queue.EnqueueAsync(new WorkItem(job.Id, job.Endpoint, job.Priority), CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            metrics.Finished(refused, run: null);
            lifetime.WakeWebhooks();
        }

        return position;
    }

    /// <summary>Cancels a job.</summary>
    /// <param name="id">The job.</param>
    /// <returns>What it met.</returns>
    public async Task<CancelResult> CancelAsync(string id)
    {
        CancelResult result = await store.CancelAsync(id, JobOutcomes.Cancelled, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
        if (result is CancelResult.Removed)
        {
            metrics.Finished(JobOutcomes.Cancelled, run: null);
            lifetime.WakeWebhooks();
        }

        queue.Signal(id);
        return result;
    }

    /// <summary>Moves large data URIs into the file store, so that the queue stays small.</summary>
    private async Task<(JsonElement Input, JobOutcome? Refused)> StorePicturesAsync(NewJob job, JsonElement input, List<string> stored, CancellationToken cancellationToken)
    {
        JsonObject? changed = null;
        foreach (string field in PictureFields)
        {
            if (!input.TryGetProperty(field, out JsonElement value) || value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > SmallPicture } text || !DataUri.Is(text))
            {
                continue;
            }

            try
            {
                (string contentType, byte[] content) = DataUri.Parse(text, options.MaxImageBytes);
                StoredFile file = await files.AddAsync(
                    new NewFile(FileIds.Create(), field, contentType, options.FileLifetime), new MemoryStream(content), options.MaxImageBytes, cancellationToken).ConfigureAwait(false);
                stored.Add(file.Id);
                changed ??= JsonObject.Create(input)!;
                changed[field] = FileUrls.Create(job.Origin, file);
            }
            catch (PictureException exception)
            {
                return (input, JobOutcomes.Refused(exception, field, text));
            }
            catch (StorageFullException)
            {
                throw ApiErrors.StorageFull();
            }
        }

        return (changed is null ? input : JsonSerializer.SerializeToElement(changed, JsonAnswer.Options), null);
    }
}
