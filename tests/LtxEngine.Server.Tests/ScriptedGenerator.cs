using System.Collections.Concurrent;
using LtxEngine.Server.Work;

namespace LtxEngine.Server.Tests;

/// <summary>Makes a small file in place of a clip: at once, or when the test says so.</summary>
internal sealed class ScriptedGenerator : IClipGenerator
{
    private readonly SemaphoreSlim? _gate;
    private readonly SemaphoreSlim? _loading;

    /// <param name="isHeld">Whether each request waits for <see cref="Release"/>.</param>
    /// <param name="isLoadHeld">Whether opening the model waits for <see cref="ReleaseLoad"/>.</param>
    public ScriptedGenerator(bool isHeld = false, bool isLoadHeld = false)
    {
        _gate = isHeld ? new SemaphoreSlim(0) : null;
        _loading = isLoadHeld ? new SemaphoreSlim(0) : null;
    }

    /// <summary>The prompts of all requests that were begun, in order.</summary>
    public ConcurrentQueue<string> Begun { get; } = new();

    /// <summary>The endpoints that these requests asked.</summary>
    public ConcurrentQueue<string> Endpoints { get; } = new();

    /// <summary>Whether requests asked for pictures of the clip, in order.</summary>
    public ConcurrentQueue<bool> WantedPreviews { get; } = new();

    /// <summary>Shown after the first step, before it waits; null for nothing.</summary>
    public VideoFrame? Preview { get; init; }

    /// <summary>What happens instead of a clip.</summary>
    public Exception? Failure { get; init; }

    public void Release(int count = 1) => _gate!.Release(count);

    public void ReleaseLoad() => _loading!.Release();

    public Task LoadAsync(string endpoint, CancellationToken cancellationToken) => _loading?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    public async Task<GeneratedClip> GenerateAsync(
        string endpoint, GenerationRequest request, string folder, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        Begun.Enqueue(request.Prompt);
        Endpoints.Enqueue(endpoint);
        WantedPreviews.Enqueue(request.Previews);
        progress.Report(new GenerationProgress { Stage = GenerationStage.TextEncoding });
        progress.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Steps = 8 });
        if (Preview is not null)
        {
            progress.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Step = 1, Steps = 8, Preview = Preview });
            progress.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Step = 1, Steps = 8, Block = 1, Blocks = 4, Passes = 1 });
        }

        if (_gate is not null)
        {
            await _gate.WaitAsync(cancellationToken);
        }

        if (Failure is not null)
        {
            throw Failure;
        }

        progress.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Step = 1, Steps = 8 });
        progress.Report(new GenerationProgress { Stage = GenerationStage.VideoDecoding });
        string path = Path.Combine(folder, "video.mp4");
        await File.WriteAllTextAsync(path, "a clip of " + request.Prompt, cancellationToken);
        return new GeneratedClip
        {
            Path = path,
            ContentType = "video/mp4",
            Width = 1248,
            Height = 704,
            NumFrames = 257,
            Fps = 25,
            Duration = TimeSpan.FromSeconds(10.28),
            Seed = request.Seed ?? 1,
            Prompt = request.Prompt,
            Warnings = ["a warning"],
        };
    }

    public Task<GenerationEstimate> EstimateAsync(string endpoint, GenerationRequest request, CancellationToken cancellationToken) =>
        Failure is null ? throw new NotSupportedException() : Task.FromException<GenerationEstimate>(Failure);
}
