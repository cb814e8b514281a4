using System.Text.Json;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Work;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Synchronous runs: a job whose caller waits for its outcome.</summary>
internal sealed class RunRoutes(
    IJobStore store, IWorkQueue queue, JobService jobs, JobAnswers answers, KeyRing keys, RateLimits limits, ServerLifetime lifetime, ServerFolders folders, LtxServerOptions options, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary><c>POST /ENDPOINT</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="endpoint">The endpoint.</param>
    public async Task RunAsync(ApiRequest request, string endpoint)
    {
        limits.Count(keys.Authorize(request));
        string id = Guid.NewGuid().ToString();
        request.Context.Response.Headers["x-fal-request-id"] = id;
        NewJob job = QueueRoutes.CreateJob(request, endpoint, id, time.GetUtcNow()) with { IsDirect = true };
        using JsonDocument input = await QueueRoutes.ReadInputAsync(request, options, folders).ConfigureAwait(false);
        using IJobSubscription signals = queue.Subscribe(id);
        await jobs.SubmitAsync(job, input.RootElement, request.Aborted).ConfigureAwait(false);
        try
        {
            await answers.WriteResultAsync(request.Context, await WaitAsync(id, signals, request.Aborted).ConfigureAwait(false), request.Origin).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            // Nobody can fetch the outcome any more.
            await jobs.CancelAsync(id).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<Job> WaitAsync(string id, IJobSubscription signals, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Drained);
        while (true)
        {
            JobStatus status = await store.GetStatusAsync(id, cancellationToken).ConfigureAwait(false) ?? throw ApiErrors.UnknownRequest();
            if (status.State == JobState.Completed)
            {
                return (await store.GetAsync(id, cancellationToken).ConfigureAwait(false))!;
            }

            if (lifetime.IsDraining && status.State == JobState.Queued)
            {
                throw await StopAsync(id).ConfigureAwait(false);
            }

            try
            {
                await signals.WaitAsync(Poll, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw await StopAsync(id).ConfigureAwait(false);
            }
        }
    }

    private async Task<ApiErrorException> StopAsync(string id)
    {
        await jobs.CancelAsync(id).ConfigureAwait(false);
        return new ApiErrorException(StatusCodes.Status503ServiceUnavailable, ApiErrors.TextBody("The server is stopping", "runner_disconnected")) { ErrorType = "runner_disconnected", RetryAfter = 10 };
    }
}
