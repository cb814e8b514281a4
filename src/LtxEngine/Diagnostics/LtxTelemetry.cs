using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LtxEngine;

/// <summary>Names of the engine's metrics and traces, for hosts that collect them.</summary>
public static class LtxTelemetry
{
    /// <summary>
    /// Name of the <see cref="Meter"/>: <c>ltx.requests</c> (counter; tag <c>outcome</c> = done, failed, refused, cancelled), <c>ltx.stage.duration</c>
    /// (histogram in seconds; tag <c>stage</c>), <c>ltx.frames</c> (counter of decoded frames), <c>ltx.queue.length</c> (waiting work).
    /// </summary>
    public const string MeterName = "LtxEngine";

    /// <summary>Name of the <see cref="ActivitySource"/>: one activity per request (<c>ltx.generate</c>) and one per stage below it.</summary>
    public const string ActivitySourceName = "LtxEngine";

    internal static ActivitySource Activities { get; } = new(ActivitySourceName);

    internal static Meter Meter { get; } = new(MeterName);

    internal static Counter<long> Requests { get; } = Meter.CreateCounter<long>("ltx.requests", "{request}", "Finished requests by outcome.");

    internal static Histogram<double> StageDuration { get; } = Meter.CreateHistogram<double>("ltx.stage.duration", "s", "Duration of a stage.");

    internal static Counter<long> Frames { get; } = Meter.CreateCounter<long>("ltx.frames", "{frame}", "Decoded frames.");

    internal static UpDownCounter<long> QueueLength { get; } = Meter.CreateUpDownCounter<long>("ltx.queue.length", "{item}", "Work that waits for the device.");
}
