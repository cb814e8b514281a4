using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Work;

/// <summary>The generator over the engine: one pipeline for each model, which serves all its requests.</summary>
internal sealed class PipelineClipGenerator : IClipGenerator, IAsyncDisposable
{
    private readonly Dictionary<string, LtxPipelineHost> _hosts;

    /// <summary>Creates the generator; models are opened by <see cref="LoadAsync"/> or the first request.</summary>
    /// <param name="options">Names the models.</param>
    /// <param name="logs">Receives the engine's log lines.</param>
    public PipelineClipGenerator(LtxServerOptions options, ILoggerFactory logs) => _hosts = options.AllModels.ToDictionary(
        model => model.Key,
        model => new LtxPipelineHost(
            new LtxPipelineOptions
            {
                ModelDirectory = model.Value,
                Device = ComputeDevice.Parse(options.Device),
                Threads = options.Threads,
                ComputeType = options.ComputeType,
                TextModel = options.TextModel,
                Residency = options.Residency,
                MemoryBudget = options.MemoryBudget,
                Ffmpeg = new FfmpegOptions { FfmpegPath = options.FfmpegPath },
                ImageDecoding = new ImageDecodingOptions { MaxEncodedBytes = options.MaxImageBytes, MaxSide = options.MaxImageSide },
            },
            logs),
        StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task LoadAsync(string endpoint, CancellationToken cancellationToken) => _hosts[endpoint].GetPipelineAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<GeneratedClip> GenerateAsync(
        string endpoint, GenerationRequest request, string folder, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        LtxPipeline pipeline = await _hosts[endpoint].GetPipelineAsync(cancellationToken).ConfigureAwait(false);
        string path = Path.Combine(folder, "video" + (request.VideoOutputType ?? VideoOutputType.X264).FileExtension());
        SavedVideo saved = await pipeline.GenerateToFileAsync(request, path, new SaveOptions(), progress, cancellationToken).ConfigureAwait(false);
        return new GeneratedClip
        {
            Path = saved.Path!,
            ContentType = saved.ContentType,
            Width = saved.Width,
            Height = saved.Height,
            NumFrames = saved.NumFrames,
            Fps = saved.FrameRate.FramesPerSecond,
            Duration = saved.Duration,
            Seed = saved.Result.Seed,
            Prompt = saved.Result.Prompt,
            Warnings = saved.Warnings,
        };
    }

    /// <inheritdoc/>
    public async Task<GenerationEstimate> EstimateAsync(string endpoint, GenerationRequest request, CancellationToken cancellationToken)
    {
        LtxPipeline pipeline = await _hosts[endpoint].GetPipelineAsync(cancellationToken).ConfigureAwait(false);
        return await pipeline.EstimateAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (LtxPipelineHost host in _hosts.Values)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }
    }
}
