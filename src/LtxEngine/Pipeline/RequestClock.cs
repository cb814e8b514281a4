using System.Diagnostics;

namespace LtxEngine.Pipeline;

/// <summary>Times the stages of one request and reports its progress.</summary>
internal sealed partial class RequestClock
{
    private readonly IProgress<GenerationProgress>? _progress;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<StageTiming> _timings;
    private GenerationStage _stage = GenerationStage.Queued;
    private long _stageStart;
    private readonly List<StageWork> _finishedWork = [];
    private int _forwardPasses;
    private long _blockEvaluations;
    private long _skippedBlockEvaluations;

    /// <summary>Starts the clock.</summary>
    /// <param name="progress">Is told; null for nobody.</param>
    public RequestClock(IProgress<GenerationProgress>? progress)
    {
        _timings = [];
        _progress = progress;
        _stageStart = _start;
    }

    /// <summary>Starts the clock of the rest of a request.</summary>
    /// <param name="progress">Is told; null for nobody.</param>
    /// <param name="before">The stages that are over.</param>
    public RequestClock(IProgress<GenerationProgress>? progress, IReadOnlyList<StageTiming> before)
        : this(progress) => _timings.AddRange(before);

    /// <summary>The stages that are over.</summary>
    public IReadOnlyList<StageTiming> Timings => _timings;

    /// <summary>What the transformer did in the stages that are over, where it did anything.</summary>
    public IReadOnlyList<StageWork> Work => _finishedWork;

    /// <summary>Runs one stage: reports its begin and end, times it, traces it.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="work">What it does.</param>
    /// <param name="steps">Its number of steps.</param>
    /// <returns>What the work returns.</returns>
    public T Run<T>(GenerationStage stage, Func<T> work, int steps = 1)
    {
        using Activity? activity = LtxTelemetry.Activities.StartActivity("ltx." + stage);
        Begin(stage, steps);
        T result = work();
        End(steps);
        return result;
    }

    /// <summary>A stage begins.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="steps">Its number of steps.</param>
    public void Begin(GenerationStage stage, int steps = 1)
    {
        _stage = stage;
        _stageStart = Stopwatch.GetTimestamp();
        Report(new GenerationProgress { Stage = stage, Steps = steps });
    }

    /// <summary>The stage is over.</summary>
    /// <param name="steps">Its number of steps.</param>
    public void End(int steps = 1)
    {
        if (_forwardPasses > 0)
        {
            _finishedWork.Add(new StageWork(_stage, new DenoisingWork(_forwardPasses, _blockEvaluations, _skippedBlockEvaluations)));
            (_forwardPasses, _blockEvaluations, _skippedBlockEvaluations) = (0, 0, 0);
        }

        Add(new StageTiming(_stage, Stopwatch.GetElapsedTime(_stageStart)));
        Report(new GenerationProgress { Stage = _stage, Step = steps, Steps = steps });
    }

    /// <summary>Adds a duration that was measured elsewhere.</summary>
    /// <param name="timing">The stage and its duration.</param>
    public void Add(StageTiming timing)
    {
        _timings.Add(timing);
        LtxTelemetry.StageDuration.Record(timing.Elapsed.TotalSeconds, new KeyValuePair<string, object?>("stage", timing.Stage.ToString()));
    }

    /// <summary>Counts one evaluation of the transformer.</summary>
    /// <param name="evaluated">Blocks that were evaluated.</param>
    /// <param name="layers">Blocks that it has.</param>
    public void CountForwardPass(int evaluated, int layers)
    {
        _forwardPasses++;
        _blockEvaluations += evaluated;
        _skippedBlockEvaluations += layers - evaluated;
    }

    /// <summary>Reports a point within the stage.</summary>
    /// <param name="progress">The point, without times.</param>
    public void Report(GenerationProgress progress) => _progress?.Report(progress with
    {
        Elapsed = Stopwatch.GetElapsedTime(_start),
        StageElapsed = Stopwatch.GetElapsedTime(_stageStart),
    });
}
