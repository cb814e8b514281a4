namespace LtxEngine.Networks.Transformer;

/// <summary>
/// The device memory of forward passes of one shape: activations, rotary tables of the tokens' positions, modulation rows.
/// Made once per stage of a request by <see cref="AudioVideoTransformer.CreateWorkspace"/>; used by one forward pass at a time.
/// </summary>
internal sealed class TransformerWorkspace : IDisposable
{
    internal TransformerWorkspace(AudioVideoTransformer owner, StreamWorkspace video, StreamWorkspace? audio, ProductScratch scratch)
    {
        Owner = owner;
        Video = video;
        Audio = audio;
        Scratch = scratch;
    }

    /// <summary>Number of video tokens.</summary>
    public int VideoTokens => Video.Tokens;

    /// <summary>Number of audio tokens; 0 when audio is absent.</summary>
    public int AudioTokens => Audio?.Tokens ?? 0;

    internal AudioVideoTransformer Owner { get; }

    internal StreamWorkspace Video { get; }

    internal StreamWorkspace? Audio { get; }

    /// <summary>Memory for products of special weights.</summary>
    internal ProductScratch Scratch { get; }

    internal bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsDisposed = true;
        Video.Dispose();
        Audio?.Dispose();
        Scratch.Dispose();
    }
}
