namespace LtxEngine.Graphs.Execution;

/// <summary>How one graph is loaded and run.</summary>
internal sealed record GraphSessionOptions
{
    /// <summary>The processor, the process-wide pool, constants folded up to any size.</summary>
    public static GraphSessionOptions Default { get; } = new();

    /// <summary>What runs the graph.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>The GPU's number, for <see cref="ExecutionProvider.Cuda"/>.</summary>
    public int DeviceId { get; init; }

    /// <summary>
    /// Threads of this session's own pool; null (the default) for the process-wide pool of <see cref="GraphRuntime"/>.
    /// </summary>
    public int? ThreadCount { get; init; }

    /// <summary>
    /// The largest result, in bytes, that ONNX Runtime may compute at load from constants; null for no limit.
    /// Folding turns a bf16 weight followed by a cast into an fp32 constant: wanted for the VAEs, whose kernels need fp32 weights,
    /// ruinous for a text encoder of 12 billion weights.
    /// </summary>
    public long? ConstantFoldingLimit { get; init; }

    /// <summary>Told the graph's name and the stopwatch's stamp of its begin after every run and, as <c>load NAME</c>, after loading; null for nobody.</summary>
    public Action<string, long>? Observer { get; init; }

    /// <summary>
    /// Whether freed working memory goes back to the system after each run instead of being kept for the next one.
    /// On by default: a video decode works on gigabytes that the next phase needs.
    /// </summary>
    public bool ReleaseMemoryAfterRun { get; init; } = true;
}
