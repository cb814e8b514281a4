namespace LtxEngine.Networks.Weights;

/// <summary>
/// Blocks loaded ahead of their use by one background thread and freed after it: at most <c>prefetch + 1</c> blocks hold memory.
/// After the last block the first one is loaded again, because the next forward pass begins there.
/// </summary>
internal sealed class StreamedBlocks<T> : IBlockWeights<T>
    where T : class, IDisposable
{
    private readonly object _lock = new();
    private readonly T?[] _blocks;
    private readonly Func<int, T> _load;
    private readonly int _window;
    private readonly Thread _loader;
    private int _position;
    private int _inUse = -1;
    private Exception? _failure;
    private bool _stopping;

    /// <summary>Starts loading at block 0.</summary>
    /// <param name="count">Number of blocks, ≥ 1.</param>
    /// <param name="prefetch">Blocks loaded beyond the one in use, ≥ 0.</param>
    /// <param name="load">Loads one block; called on the background thread.</param>
    public StreamedBlocks(int count, int prefetch, Func<int, T> load)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(prefetch);
        _blocks = new T?[count];
        _load = load;
        _window = Math.Min(count, prefetch + 1);
        _loader = new Thread(LoadAhead) { IsBackground = true, Name = "LtxEngine weight streaming" };
        _loader.Start();
    }

    /// <inheritdoc/>
    public int Count => _blocks.Length;

    /// <inheritdoc/>
    public T Acquire(int block, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _position = block;
            _inUse = block;
            FreeOutsideWindow();
            Monitor.PulseAll(_lock);
            while (_blocks[block] is null)
            {
                if (_failure is not null)
                {
                    Exception failure = _failure;
                    _failure = null;
                    Monitor.PulseAll(_lock);
                    throw new InvalidOperationException($"The weights of a block could not be loaded: {failure.Message}", failure);
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    _inUse = -1;
                    cancellationToken.ThrowIfCancellationRequested();
                }

                // A waiting thread cannot be woken by the token without allocating a registration; a short wait does.
                Monitor.Wait(_lock, 20);
            }

            return _blocks[block]!;
        }
    }

    /// <inheritdoc/>
    public void Release(int block, int next)
    {
        lock (_lock)
        {
            _inUse = -1;
            _position = next;
            FreeOutsideWindow();
            Monitor.PulseAll(_lock);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            Monitor.PulseAll(_lock);
        }

        _loader.Join();
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i]?.Dispose();
            _blocks[i] = null;
        }
    }

    private void LoadAhead()
    {
        while (true)
        {
            int next;
            lock (_lock)
            {
                while (!_stopping && (_failure is not null || NextToLoad() < 0))
                {
                    Monitor.Wait(_lock);
                }

                if (_stopping)
                {
                    return;
                }

                next = NextToLoad();
            }

            T? loaded = null;
            Exception? failure = null;
            try
            {
                loaded = _load(next);
            }
#pragma warning disable CA1031 // Whatever loading throws belongs to the thread that asks for the block.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }

            lock (_lock)
            {
                _failure = failure;
                if (loaded is not null && InWindow(next))
                {
                    _blocks[next] = loaded;
                    loaded = null;
                }

                Monitor.PulseAll(_lock);
            }

            loaded?.Dispose();
        }
    }

    private int NextToLoad()
    {
        for (int ahead = 0; ahead < _window; ahead++)
        {
            int block = (_position + ahead) % _blocks.Length;
            if (_blocks[block] is null)
            {
                return block;
            }
        }

        return -1;
    }

    private bool InWindow(int block) => (block - _position + _blocks.Length) % _blocks.Length < _window;

    private void FreeOutsideWindow()
    {
        for (int i = 0; i < _blocks.Length; i++)
        {
            if (i != _inUse && _blocks[i] is not null && !InWindow(i))
            {
                _blocks[i]!.Dispose();
                _blocks[i] = null;
            }
        }
    }
}
