namespace LtxEngine.Pipeline;

/// <summary>The use of a network by one stage.</summary>
internal sealed class NetworkUse<T> : IDisposable
    where T : class, IDisposable
{
    private NetworkSlot<T>? _slot;

    /// <summary>Begins the use.</summary>
    /// <param name="slot">The network's place.</param>
    /// <param name="network">The network.</param>
    public NetworkUse(NetworkSlot<T> slot, T network)
    {
        _slot = slot;
        Network = network;
    }

    /// <summary>The network; valid until the use is disposed.</summary>
    public T Network { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slot?.Release();
        _slot = null;
    }
}
