using System.Diagnostics;
using System.Globalization;

namespace LtxEngine.Cli.Progress;

/// <summary>A line at the begin of every stage and every few seconds after it, for logs.</summary>
/// <param name="writer">Where the lines go.</param>
internal sealed class LineProgressView(TextWriter writer) : IProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private GenerationStage? _stage;
    private long _lastLine;

    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        lock (_lock)
        {
            if (value.Stage == GenerationStage.Queued || (value.Stage == _stage && Stopwatch.GetElapsedTime(_lastLine) < Interval))
            {
                return;
            }

            _stage = value.Stage;
            _lastLine = Stopwatch.GetTimestamp();
            string left = value.StageRemaining is { } remaining && remaining > TimeSpan.Zero ? $", {Readable.Duration(remaining)} left" : string.Empty;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Readable.Stage(value.Stage)} {value.Step}/{value.Steps}{left}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
