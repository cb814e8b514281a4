using System.Net.Http.Headers;
using System.Text.Json;
using LtxEngine.Server.Http;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Pictures;
using LtxEngine.Server.Work;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Webhooks;

/// <summary>Sends outcomes to the addresses that callers named, and tries again for two hours where they do not arrive.</summary>
internal sealed class WebhookService(
    IJobStore store, GuardedHttp http, WebhookTargets targets, WebhookSigner signer, JobAnswers answers, ServerLifetime lifetime, ServerMetrics metrics, TimeProvider time, ILogger<WebhookService> log)
    : BackgroundService
{
    private const int DueAtOnce = 16;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Time before each of the 10 further tries: 112 minutes in all.</summary>
    private static readonly TimeSpan[] Delays = [.. ((int[])[5, 15, 30, 60, 120, 300, 600, 1200, 1800, 2590]).Select(s => TimeSpan.FromSeconds(s))];

    /// <summary>Sends everything that is due.</summary>
    /// <param name="cancellationToken">Stops; what was not recorded is sent again later.</param>
    /// <returns>Number of tries.</returns>
    internal async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Job> due = await store.ListDueWebhooksAsync(time.GetUtcNow(), DueAtOnce, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(due.Select(job => SendAsync(job, cancellationToken))).ConfigureAwait(false);
        return due.Count;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                if (await SendDueAsync(stoppingToken).ConfigureAwait(false) == 0)
                {
                    await lifetime.WaitForWebhooksAsync(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(false);
                }
            }
#pragma warning disable CA1031 // Goes on whatever happens.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                log.LogError(exception, "Web hooks could not be sent");
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendAsync(Job job, CancellationToken cancellationToken)
    {
        string? problem = await TryAsync(job, cancellationToken).ConfigureAwait(false);
        metrics.Webhook(problem is null);
        DateTimeOffset? next = problem is not null && job.WebhookAttempts < Delays.Length ? time.GetUtcNow() + Delays[job.WebhookAttempts] : null;
        if (problem is not null)
        {
            log.LogWarning("Web hook of request {RequestId}, try {Try}: {Problem}", job.Id, job.WebhookAttempts + 1, problem);
        }

        await store.RecordWebhookAttemptAsync(job.Id, next, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> TryAsync(Job job, CancellationToken cancellationToken)
    {
        if (targets.Parse(job.WebhookUrl!) is not { } url)
        {
            return "the address may not be used";
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(await answers.CreateWebhookAsync(job).ConfigureAwait(false), JsonAnswer.Options);
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation("User-Agent", "LtxEngine");
            foreach ((string name, string value) in signer.Sign(job.Id, body, time.GetUtcNow()))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using HttpResponseMessage response = await http.SendAsync(request, targets.IsListed(url), timeout.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? null : $"answered with status {(int)response.StatusCode}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer within 10 s";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return exception.Message;
        }
    }
}
