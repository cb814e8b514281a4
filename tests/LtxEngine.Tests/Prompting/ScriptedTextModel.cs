using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;

namespace LtxEngine.Tests.Prompting;

/// <summary>A text model that writes given tokens whatever it is asked, and keeps what it was asked.</summary>
internal sealed class ScriptedTextModel(GemmaConfiguration configuration, params int[] script) : ITextModel
{
    private int _next;

    public GemmaConfiguration Configuration { get; } = configuration;

    public List<int[]> Asked { get; } = [];

    public ImageTokens? Image { get; private set; }

    public void Prefill(
        IReadOnlyList<int[]> prompts, HiddenStateObserver observer, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public KeyValueCache CreateCache() => new GraphKeyValueCache(1, 1, 2);

    public float[] Decode(
        int[] ids,
        KeyValueCache cache,
        ImageTokens? image = null,
        HiddenStateObserver? observer = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked.Add(ids);
        Image ??= image;
        float[] logits = new float[Configuration.VocabularySize];
        logits[script[_next++]] = 1000;
        return logits;
    }

    public void Dispose()
    {
    }
}
