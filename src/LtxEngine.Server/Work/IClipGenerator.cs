namespace LtxEngine.Server.Work;

/// <summary>Makes clips for workers. Thread-safe.</summary>
internal interface IClipGenerator
{
    /// <summary>Opens a model, so that the first request need not wait for it and a wrong folder is told at the start.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The end of it.</returns>
    Task LoadAsync(string endpoint, CancellationToken cancellationToken);

    /// <summary>Makes a clip.</summary>
    /// <param name="endpoint">Which model.</param>
    /// <param name="request">What to make.</param>
    /// <param name="folder">Where the file is written.</param>
    /// <param name="progress">Is told what happens, on a thread of the generator's own.</param>
    /// <param name="cancellationToken">Stops; no file stays.</param>
    /// <returns>The clip.</returns>
    Task<GeneratedClip> GenerateAsync(string endpoint, GenerationRequest request, string folder, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);

    /// <summary>Says what a request would make and take, without running it.</summary>
    /// <param name="endpoint">Which model.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidRequestException">Fields cannot be used.</exception>
    Task<GenerationEstimate> EstimateAsync(string endpoint, GenerationRequest request, CancellationToken cancellationToken);
}
