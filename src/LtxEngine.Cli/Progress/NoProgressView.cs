namespace LtxEngine.Cli.Progress;

/// <summary>Shows nothing.</summary>
internal sealed class NoProgressView : IProgressView
{
    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
