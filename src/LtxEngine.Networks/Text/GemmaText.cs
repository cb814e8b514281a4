using LtxEngine.Kernels;

namespace LtxEngine.Networks.Text;

/// <summary>Consecutive tokens of one text on their way through the layers.</summary>
internal sealed class GemmaText : IDisposable
{
    private readonly DeviceBuffer _hidden;

    /// <summary>Brings embeddings to the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="embeddings">[tokens, hidden size], scaled.</param>
    /// <param name="tokens">The number of tokens.</param>
    /// <param name="past">The number of tokens before them.</param>
    public GemmaText(IComputeDevice device, ReadOnlySpan<float> embeddings, int tokens, int past)
    {
        Past = past;
        _hidden = device.Allocate(embeddings.Length);
        Hidden = _hidden.AsMatrix(tokens, embeddings.Length / tokens);
        device.Upload(embeddings, Hidden);
    }

    /// <summary>The number of tokens before these.</summary>
    public int Past { get; }

    /// <summary>The number of tokens.</summary>
    public int Tokens => Hidden.Rows;

    /// <summary>The residual stream, [tokens, hidden size].</summary>
    public DeviceMatrix Hidden { get; }

    /// <summary>Angles of local layers, [tokens, head dimension / 2]; disposed with this object, as all that follow.</summary>
    public required DeviceRotaryTable LocalRotary { get; init; }

    /// <summary>Angles of global layers.</summary>
    public required DeviceRotaryTable GlobalRotary { get; init; }

    /// <summary>The keys that each token sees in local layers.</summary>
    public required KeyRanges LocalKeys { get; init; }

    /// <summary>The keys that each token sees in global layers.</summary>
    public required KeyRanges GlobalKeys { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hidden.Dispose();
        LocalRotary?.Dispose();
        GlobalRotary?.Dispose();
        LocalKeys?.Dispose();
        GlobalKeys?.Dispose();
    }
}
