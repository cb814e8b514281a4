using System.Globalization;
using Spectre.Console;

namespace LtxEngine.Cli.Progress;

/// <summary>One bar per stage with step and time left, redrawn in place.</summary>
internal sealed class BarProgressView : IProgressView
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProgressContext> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<GenerationStage, ProgressTask> _bars = [];
    private readonly Task _display;

    /// <summary>Starts to draw.</summary>
    /// <param name="console">The terminal.</param>
    public BarProgressView(IAnsiConsole console) => _display = console.Progress()
        .AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(async context =>
        {
            _started.SetResult(context);
            await _finished.Task.ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        if (value.Stage == GenerationStage.Queued)
        {
            return;
        }

        lock (_lock)
        {
            if (!_bars.TryGetValue(value.Stage, out ProgressTask? bar))
            {
                bar = _started.Task.GetAwaiter().GetResult().AddTask(Readable.Stage(value.Stage), maxValue: 1);
                _bars.Add(value.Stage, bar);
            }

            bar.Value = value.StageFraction;
            bar.Description = Describe(value);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _finished.TrySetResult();
        _display.GetAwaiter().GetResult();
    }

    private static string Describe(GenerationProgress value)
    {
        string name = Readable.Stage(value.Stage);
        string steps = value.Steps > 1 ? string.Create(CultureInfo.InvariantCulture, $"{value.Step}/{value.Steps}") : string.Empty;
        string time = value.StageFraction >= 1
            ? Readable.Duration(value.StageElapsed)
            : value.StageRemaining is { } remaining ? Readable.Duration(remaining) + " left" : string.Empty;
        return $"{name,-19}{steps,8} {time,-14}";
    }
}
