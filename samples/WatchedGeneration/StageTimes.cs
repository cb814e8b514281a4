using System.Diagnostics.Metrics;
using LtxEngine;

namespace WatchedGeneration;

/// <summary>Listens to the engine's metrics, as OpenTelemetry does, and adds up the seconds of each stage.</summary>
internal sealed class StageTimes : IDisposable
{
    private readonly SortedDictionary<string, double> _seconds = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public StageTimes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == LtxTelemetry.MeterName && instrument.Name == "ltx.stage.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Add($"{tags[0].Value}", seconds));
        _listener.Start();
    }

    /// <summary>Prints a line for each stage.</summary>
    public void Print()
    {
        lock (_seconds)
        {
            foreach ((string stage, double seconds) in _seconds)
            {
                Console.WriteLine($"{stage,-18} {seconds,8:0.00} s");
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(string stage, double seconds)
    {
        lock (_seconds)
        {
            _seconds[stage] = _seconds.GetValueOrDefault(stage) + seconds;
        }
    }
}
