using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;

namespace LtxEngine.Tests.Prompting;

/// <summary>Passes everything to a real model and keeps the tokens that were drawn from it.</summary>
internal sealed class RecordingTextModel(ITextModel inner) : ITextModel
{
    public GemmaConfiguration Configuration => inner.Configuration;

    public List<int> Drawn { get; } = [];

    public void Prefill(
        IReadOnlyList<int[]> prompts, HiddenStateObserver observer, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        inner.Prefill(prompts, observer, progress, cancellationToken);

    public KeyValueCache CreateCache() => inner.CreateCache();

    public float[] Decode(
        int[] ids,
        KeyValueCache cache,
        ImageTokens? image = null,
        HiddenStateObserver? observer = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        if (cache.TokenCount > 0)
        {
            Drawn.AddRange(ids);
        }

        return inner.Decode(ids, cache, image, observer, progress, cancellationToken);
    }

    public void Dispose() => inner.Dispose();
}
