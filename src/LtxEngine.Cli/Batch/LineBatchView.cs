using System.Diagnostics;
using System.Globalization;

namespace LtxEngine.Cli.Batch;

/// <summary>A line for each finished clip, and one now and then for those that run, for logs.</summary>
/// <param name="writer">Where the lines go.</param>
/// <param name="clips">Clips that are to be made.</param>
internal sealed class LineBatchView(TextWriter writer, int clips) : IBatchView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private long _lastLine = Stopwatch.GetTimestamp();
    private int _ended;

    /// <inheritdoc/>
    public void Begin(BatchJob job)
    {
    }

    /// <inheritdoc/>
    public void Report(BatchJob job, GenerationProgress value)
    {
        lock (_lock)
        {
            if (value.Stage == GenerationStage.Queued || Stopwatch.GetElapsedTime(_lastLine) < Interval)
            {
                return;
            }

            _lastLine = Stopwatch.GetTimestamp();
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{job.Output}: {Readable.Stage(value.Stage)} {value.Step}/{value.Steps}"));
        }
    }

    /// <inheritdoc/>
    public void End(BatchJob job, string? error, TimeSpan elapsed)
    {
        lock (_lock)
        {
            _lastLine = Stopwatch.GetTimestamp();
            string outcome = error is null ? "done in " + Readable.Duration(elapsed) : "failed: " + error;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{++_ended}/{clips}] {job.Output}: {outcome}"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
