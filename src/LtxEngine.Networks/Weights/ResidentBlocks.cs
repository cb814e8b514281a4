namespace LtxEngine.Networks.Weights;

/// <summary>All blocks loaded once.</summary>
internal sealed class ResidentBlocks<T> : IBlockWeights<T>
    where T : class, IDisposable
{
    private readonly T?[] _blocks;

    /// <summary>Loads all blocks.</summary>
    /// <param name="count">Number of blocks.</param>
    /// <param name="load">Loads one block.</param>
    /// <param name="loaded">Called with the number of loaded blocks.</param>
    /// <param name="cancellationToken">Stops between two blocks; what was loaded is freed.</param>
    public ResidentBlocks(int count, Func<int, T> load, Action<int>? loaded, CancellationToken cancellationToken)
    {
        _blocks = new T?[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _blocks[i] = load(i);
                loaded?.Invoke(i + 1);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Count => _blocks.Length;

    /// <inheritdoc/>
    public T Acquire(int block, CancellationToken cancellationToken)
    {
        T? weights = _blocks[block];
        ObjectDisposedException.ThrowIf(weights is null, this);
        return weights;
    }

    /// <inheritdoc/>
    public void Release(int block, int next)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i]?.Dispose();
            _blocks[i] = null;
        }
    }
}
