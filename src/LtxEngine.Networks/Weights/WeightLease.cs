namespace LtxEngine.Networks.Weights;

/// <summary>The right to use a prepared weight until disposed.</summary>
/// <typeparam name="T">A device weight or device buffer.</typeparam>
internal sealed class WeightLease<T> : IDisposable
    where T : class, IDisposable
{
    private readonly WeightCache _cache;
    private readonly WeightCache.Entry _entry;
    private bool _disposed;

    internal WeightLease(WeightCache cache, WeightCache.Entry entry)
    {
        _cache = cache;
        _entry = entry;
    }

    /// <summary>The prepared weight.</summary>
    /// <exception cref="ObjectDisposedException">The lease was given back.</exception>
    public T Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (T)_entry.Value!;
        }
    }

    /// <summary>Gives the weight back; the last lease frees its memory.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _cache.Release(_entry);
        }
    }
}
