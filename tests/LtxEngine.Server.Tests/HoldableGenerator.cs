using LtxEngine.Server.Work;

namespace LtxEngine.Server.Tests;

/// <summary>The engine, which a test can hold in the middle of a clip: what callers find meanwhile does not depend on who is faster.</summary>
internal sealed class HoldableGenerator(PipelineClipGenerator engine) : IClipGenerator, IAsyncDisposable
{
    private readonly ManualResetEventSlim _isFree = new(initialState: true);

    /// <summary>Holds every clip at each of its pictures until the result is disposed, or the clip is cancelled.</summary>
    public IDisposable Hold()
    {
        _isFree.Reset();
        return new Holding(_isFree);
    }

    public Task LoadAsync(string endpoint, CancellationToken cancellationToken) => engine.LoadAsync(endpoint, cancellationToken);

    public Task<GeneratedClip> GenerateAsync(
        string endpoint, GenerationRequest request, string folder, IProgress<GenerationProgress> progress, CancellationToken cancellationToken) =>
        engine.GenerateAsync(endpoint, request, folder, new HeldProgress(progress, _isFree, cancellationToken), cancellationToken);

    public Task<GenerationEstimate> EstimateAsync(string endpoint, GenerationRequest request, CancellationToken cancellationToken) =>
        engine.EstimateAsync(endpoint, request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        _isFree.Dispose();
    }

    private sealed class Holding(ManualResetEventSlim isFree) : IDisposable
    {
        public void Dispose() => isFree.Set();
    }

    private sealed class HeldProgress(IProgress<GenerationProgress> progress, ManualResetEventSlim isFree, CancellationToken cancellationToken) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            progress.Report(value);
            if (value.Preview is not null)
            {
                isFree.Wait(cancellationToken);
            }
        }
    }
}
