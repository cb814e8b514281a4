using LtxEngine.Server.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Work;

/// <summary>The workers: puts right what a crash left, opens the models, then runs jobs until the server is to stop.</summary>
internal sealed class WorkerService(
    IJobStore store,
    IWorkQueue queue,
    IClipGenerator generator,
    JobRunner runner,
    ServerLifetime lifetime,
    LtxServerOptions options,
    TimeProvider time,
    IHostApplicationLifetime application,
    ILogger<WorkerService> log) : BackgroundService
{
    /// <summary>A job that ends the process is run once more, not for ever.</summary>
    private const int MaxAttempts = 2;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        string work = Path.Combine(options.DataDirectory, "work");
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        int again = await store.RecoverAsync(MaxAttempts, JobOutcomes.Crashed, JobOutcomes.Cancelled, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<WorkItem> waiting = await store.ListQueuedAsync(cancellationToken).ConfigureAwait(false);
        foreach (WorkItem item in waiting)
        {
            await queue.EnqueueAsync(item, cancellationToken).ConfigureAwait(false);
        }

        log.LogInformation("{Waiting} requests wait, {Again} of them ran when the server stopped", waiting.Count, again);
        application.ApplicationStopping.Register(lifetime.Drain);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        lifetime.Drain();
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (string endpoint in options.AllModels.Keys)
            {
                await generator.LoadAsync(endpoint, lifetime.Draining).ConfigureAwait(false);
            }

            lifetime.IsReady = true;
            await Task.WhenAll(options.AllModels.Keys.SelectMany(endpoint => Enumerable.Range(0, options.WorkersPerModel).Select(_ => WorkAsync(endpoint)))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.IsDraining)
        {
            // Stopped while a model was opened.
        }
        catch (Exception exception) when (exception is ModelFormatException or DeviceUnavailableException)
        {
            log.LogCritical("A model cannot be used, the server stops: {Message}", exception.Message);
            lifetime.Failure = exception.Message;
            application.StopApplication();
        }
    }

    private async Task WorkAsync(string endpoint)
    {
        while (!lifetime.IsDraining)
        {
            try
            {
                WorkItem item = await queue.DequeueAsync(endpoint, lifetime.Draining).ConfigureAwait(false);
                if (await store.StartAsync(item.JobId, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false) is { } job)
                {
                    await runner.RunAsync(job).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (lifetime.IsDraining)
            {
                return;
            }
#pragma warning disable CA1031 // A worker goes on whatever happens, for instance while the disk is full.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                log.LogError(exception, "A worker of {Endpoint} met an error", endpoint);
                await Task.Delay(TimeSpan.FromSeconds(1), lifetime.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
