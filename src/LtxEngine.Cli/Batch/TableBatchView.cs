using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace LtxEngine.Cli.Batch;

/// <summary>A table of the clips that is redrawn in place: those that run, the last that ended, the next ones, and how many of each there are.</summary>
internal sealed class TableBatchView : IBatchView
{
    private const int RowsOfEnded = 6;
    private const int RowsOfWaiting = 4;
    private const int BarCells = 20;
    private const int LeastState = 10;

    /// <summary>Blanks that a table without lines keeps around its three columns.</summary>
    private const int Gaps = 8;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _finished = new();
    private readonly int _clips;
    private readonly List<BatchJob> _waiting;
    private readonly List<(BatchJob Job, GenerationProgress? Progress)> _running = [];
    private readonly Queue<(BatchJob Job, string? Error, TimeSpan Elapsed)> _ended = new();
    private readonly IAnsiConsole _console;
    private Task? _display;
    private int _done;
    private int _failed;
    private bool _isDisposed;

    /// <summary>Draws nothing yet: a batch that is refused, or has nothing to make, shows no table.</summary>
    /// <param name="console">The terminal.</param>
    /// <param name="jobs">The clips that are to be made.</param>
    public TableBatchView(IAnsiConsole console, IReadOnlyList<BatchJob> jobs)
    {
        _waiting = [.. jobs];
        _clips = jobs.Count;
        _console = console;
    }

    /// <inheritdoc/>
    public void Begin(BatchJob job)
    {
        lock (_lock)
        {
            _waiting.Remove(job);
            _running.Add((job, null));
            _display ??= Task.Run(() => _console.Live(Render()).StartAsync(DrawAsync));
        }
    }

    /// <inheritdoc/>
    public void Report(BatchJob job, GenerationProgress value)
    {
        lock (_lock)
        {
            int index = _running.FindIndex(running => ReferenceEquals(running.Job, job));
            if (index >= 0)
            {
                _running[index] = (job, value);
            }
        }
    }

    /// <inheritdoc/>
    public void End(BatchJob job, string? error, TimeSpan elapsed)
    {
        lock (_lock)
        {
            _running.RemoveAll(running => ReferenceEquals(running.Job, job));
            _ended.Enqueue((job, error, elapsed));
            if (_ended.Count > RowsOfEnded)
            {
                _ended.Dequeue();
            }

            _ = error is null ? _done++ : _failed++;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _finished.Cancel();
        _display?.GetAwaiter().GetResult();
        _finished.Dispose();
    }

    private async Task DrawAsync(LiveDisplayContext context)
    {
        while (!_finished.IsCancellationRequested)
        {
            context.UpdateTarget(Render());
            await Task.Delay(Refresh, _finished.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        context.UpdateTarget(Render());
    }

    private Rows Render()
    {
        lock (_lock)
        {
            List<(string Name, double Fraction, string State)> rows =
            [
                .. _ended.Select(clip => (clip.Job.Output, clip.Error is null ? 1.0 : 0, clip.Error is null ? Readable.Duration(clip.Elapsed) : "failed: " + clip.Error.Split('\n')[0])),
                .. _running.Select(clip => (clip.Job.Output, clip.Progress?.StageFraction ?? 0, Describe(clip.Progress))),
                .. _waiting.Take(RowsOfWaiting).Select(job => (job.Output, 0.0, "waiting")),
            ];

            // A row that wraps would be drawn anew below the one before instead of over it.
            int room = Math.Max(LeastState, _console.Profile.Width - rows.Max(row => row.Name.Length) - BarCells - Gaps);
            Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("clip", "progress", "state");
            foreach ((string name, double fraction, string state) in rows)
            {
                table.AddRow(new Text(name), Bar(fraction), new Text(state.Length <= room ? state : state[..(room - 1)] + "…"));
            }

            return new Rows(table, new Text(Summary()));
        }
    }

    private string Summary()
    {
        int ended = _done + _failed;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        string left = ended > 0 && ended < _clips ? $", about {Readable.Duration(elapsed / ended * (_clips - ended))} left" : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{_done} of {_clips} done, {_failed} failed, {_waiting.Count + _running.Count} to go{left}");
    }

    private static Text Bar(double fraction)
    {
        int cells = (int)(Math.Clamp(fraction, 0, 1) * BarCells);
        return new Text(new string('━', cells) + new string('·', BarCells - cells));
    }

    private static string Describe(GenerationProgress? progress) => progress is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"{Readable.Stage(value.Stage)}{(value.Steps > 1 ? $" {value.Step}/{value.Steps}" : string.Empty)}")
        : "preparing";
}
