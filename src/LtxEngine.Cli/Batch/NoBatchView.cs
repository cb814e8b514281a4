namespace LtxEngine.Cli.Batch;

/// <summary>Shows nothing.</summary>
internal sealed class NoBatchView : IBatchView
{
    /// <inheritdoc/>
    public void Begin(BatchJob job)
    {
    }

    /// <inheritdoc/>
    public void Report(BatchJob job, GenerationProgress value)
    {
    }

    /// <inheritdoc/>
    public void End(BatchJob job, string? error, TimeSpan elapsed)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
