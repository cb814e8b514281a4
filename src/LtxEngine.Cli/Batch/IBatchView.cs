namespace LtxEngine.Cli.Batch;

/// <summary>Shows how far the clips of a batch are. Called from several threads.</summary>
internal interface IBatchView : IDisposable
{
    /// <summary>A clip is handed to the pipeline.</summary>
    /// <param name="job">The clip.</param>
    void Begin(BatchJob job);

    /// <summary>A clip is further.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="value">Where it stands.</param>
    void Report(BatchJob job, GenerationProgress value);

    /// <summary>A clip is over.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="error">What went wrong; null where it is done.</param>
    /// <param name="elapsed">Time since it was handed over.</param>
    void End(BatchJob job, string? error, TimeSpan elapsed);
}
