namespace LtxEngine.Graphs.Text;

/// <summary>The keys and values of one text for every layer, as the <see cref="ITextModel"/> that created it keeps them.</summary>
internal abstract class KeyValueCache : IDisposable
{
    /// <summary>The number of tokens whose keys and values are held.</summary>
    internal abstract int TokenCount { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
