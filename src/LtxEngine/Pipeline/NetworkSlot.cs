namespace LtxEngine.Pipeline;

/// <summary>
/// The place of one network: loaded when a stage first uses it, then kept or freed. Used on the device's thread only, so it takes no lock.
/// </summary>
/// <param name="load">Loads the network.</param>
/// <param name="residency">Whether the network stays when nobody uses it.</param>
internal sealed class NetworkSlot<T>(Func<CancellationToken, T> load, ResidencySetting residency) : IDisposable
    where T : class, IDisposable
{
    private T? _network;
    private int _users;

    /// <summary>Whether the network is in memory.</summary>
    public bool IsLoaded => _network is not null;

    /// <summary>Takes the network into use; dispose what is returned when the stage is over.</summary>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <returns>The network.</returns>
    public NetworkUse<T> Use(CancellationToken cancellationToken)
    {
        _network ??= load(cancellationToken);
        _users++;
        return new NetworkUse<T>(this, _network);
    }

    /// <summary>A user is done.</summary>
    internal void Release()
    {
        _users--;
        if (_users == 0 && !residency.KeepLoaded)
        {
            Dispose();
        }
    }

    /// <summary>Frees the network unless it is in use.</summary>
    public void FreeUnused()
    {
        if (_users == 0)
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network?.Dispose();
        _network = null;
    }
}
