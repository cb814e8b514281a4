using System.Diagnostics.Metrics;
using LtxEngine.Server.Files;
using LtxEngine.Server.Jobs;

namespace LtxEngine.Server;

/// <summary>The server's metrics; names and units stand in <c>docs/server.md</c>.</summary>
internal sealed class ServerMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "LtxEngine.Server";

    private readonly Counter<long> _submitted;
    private readonly Counter<long> _finished;
    private readonly Counter<long> _megapixels;
    private readonly Counter<long> _webhooks;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _run;

    /// <summary>Creates the instruments.</summary>
    /// <param name="factory">The host's metrics.</param>
    /// <param name="store">Asked for the queue's length.</param>
    /// <param name="files">Asked for the room that files take.</param>
    public ServerMetrics(IMeterFactory factory, IJobStore store, IFileStore files)
    {
        Meter meter = factory.Create(MeterName);
        meter.CreateObservableGauge("ltx.server.jobs.queued", () => store.CountAsync().GetAwaiter().GetResult().Queued, "{job}", "Jobs that wait.");
        meter.CreateObservableGauge("ltx.server.jobs.running", () => store.CountAsync().GetAwaiter().GetResult().Running, "{job}", "Jobs that run.");
        meter.CreateObservableGauge("ltx.server.files.size", () => files.GetUsedBytesAsync().GetAwaiter().GetResult(), "By", "Room that files take.");
        _submitted = meter.CreateCounter<long>("ltx.server.jobs.submitted", "{job}", "Accepted jobs by way (queue, run).");
        _finished = meter.CreateCounter<long>("ltx.server.jobs.finished", "{job}", "Finished jobs by outcome (done, refused, cancelled, timed_out, failed).");
        _megapixels = meter.CreateCounter<long>("ltx.server.megapixels", "{megapixel}", "Generated megapixels, rounded up for each clip.");
        _webhooks = meter.CreateCounter<long>("ltx.server.webhooks", "{delivery}", "Web hook deliveries by outcome (delivered, failed).");
        _wait = meter.CreateHistogram<double>("ltx.server.jobs.wait", "s", "Time from submit to start.");
        _run = meter.CreateHistogram<double>("ltx.server.jobs.run", "s", "Time from start to outcome.");
    }

    /// <summary>A job was accepted.</summary>
    /// <param name="isDirect">Whether its caller waits.</param>
    public void Submitted(bool isDirect) => _submitted.Add(1, new KeyValuePair<string, object?>("way", isDirect ? "run" : "queue"));

    /// <summary>A job was given to a worker.</summary>
    /// <param name="wait">Time since it was submitted.</param>
    public void Started(TimeSpan wait) => _wait.Record(wait.TotalSeconds);

    /// <summary>A job got its outcome.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="run">Time since it started; null where it never did.</param>
    public void Finished(JobOutcome outcome, TimeSpan? run)
    {
        string kind = outcome.StatusCode switch
        {
            200 => "done",
            422 => "refused",
            499 => "cancelled",
            504 => "timed_out",
            _ => "failed",
        };
        _finished.Add(1, new KeyValuePair<string, object?>("outcome", kind));
        if (run is { } time)
        {
            _run.Record(time.TotalSeconds, new KeyValuePair<string, object?>("outcome", kind));
        }

        if (long.TryParse(outcome.BillableUnits, out long units))
        {
            _megapixels.Add(units);
        }
    }

    /// <summary>A web hook was tried.</summary>
    /// <param name="delivered">Whether it arrived.</param>
    public void Webhook(bool delivered) => _webhooks.Add(1, new KeyValuePair<string, object?>("outcome", delivered ? "delivered" : "failed"));
}
