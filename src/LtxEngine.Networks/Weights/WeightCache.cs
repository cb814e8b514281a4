namespace LtxEngine.Networks.Weights;

/// <summary>
/// Prepared weights of one device by key. Networks that use the same tensors with the same LoRA set share them:
/// a second pipeline stage costs memory only for the layers that its LoRA changes. Thread-safe.
/// </summary>
internal sealed class WeightCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The number of prepared weights.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Takes a lease, preparing the weight when nobody holds it.</summary>
    /// <param name="key">Identifies file, tensors and LoRA set.</param>
    /// <param name="prepare">Prepares the weight.</param>
    public WeightLease<T> Lease<T>(string key, Func<T> prepare)
        where T : class, IDisposable
    {
        Entry? entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry))
            {
                entry = new Entry(key);
                _entries.Add(key, entry);
            }

            entry.Leases++;
        }

        try
        {
            // Only users of the same weight wait for its preparation.
            lock (entry)
            {
                entry.Value ??= prepare();
            }
        }
        catch
        {
            Release(entry);
            throw;
        }

        return new WeightLease<T>(this, entry);
    }

    internal void Release(Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Leases > 0)
            {
                return;
            }

            _entries.Remove(entry.Key);
        }

        entry.Value?.Dispose();
    }

    internal sealed class Entry(string key)
    {
        public string Key { get; } = key;

        public int Leases { get; set; }

        public IDisposable? Value { get; set; }
    }
}
