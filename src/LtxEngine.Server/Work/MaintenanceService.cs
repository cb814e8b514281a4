using LtxEngine.Server.Files;
using LtxEngine.Server.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Work;

/// <summary>Ends jobs that did not start in time, every second; removes old files and jobs, every minute.</summary>
internal sealed class MaintenanceService(
    IJobStore store, IWorkQueue queue, IFileStore files, MultipartUploads uploads, ServerLifetime lifetime, ServerMetrics metrics, LtxServerOptions options, TimeProvider time, ILogger<MaintenanceService> log)
    : BackgroundService
{
    private const int TicksPerSweep = 60;

    /// <summary>Ends jobs that did not start in time.</summary>
    internal async Task ExpireStartsAsync()
    {
        foreach (string id in await store.ExpireStartsAsync(JobOutcomes.StartTimedOut, time.GetUtcNow()).ConfigureAwait(false))
        {
            metrics.Finished(JobOutcomes.StartTimedOut, run: null);
            queue.Signal(id);
            lifetime.WakeWebhooks();
        }
    }

    /// <summary>Removes what is old.</summary>
    /// <param name="cancellationToken">Stops.</param>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        int removedFiles = await files.SweepAsync(cancellationToken).ConfigureAwait(false);
        int removedUploads = uploads.Sweep();
        int removedJobs = await store.PurgeAsync(time.GetUtcNow() - options.JobLifetime, options.MaxFinishedJobs, cancellationToken).ConfigureAwait(false);
        if (removedFiles + removedJobs + removedUploads > 0)
        {
            log.LogInformation("Removed {Files} expired files, {Uploads} unfinished uploads and {Jobs} old requests", removedFiles, removedUploads, removedJobs);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1), time);
        for (long tick = 0; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); tick++)
        {
            try
            {
                await ExpireStartsAsync().ConfigureAwait(false);
                if (tick % TicksPerSweep == 0)
                {
                    await SweepAsync(stoppingToken).ConfigureAwait(false);
                }
            }
#pragma warning disable CA1031 // Goes on whatever happens, for instance while the disk is full.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                log.LogError(exception, "Maintenance met an error");
            }
        }
    }
}
