namespace LtxEngine.Kernels;

/// <summary>
/// Which keys every query of an attention sees: query q the keys <c>first[q] … end[q] − 1</c>. Causal masks, sliding windows and
/// runs of tokens that see each other are such ranges.
/// </summary>
internal sealed class KeyRanges : IDisposable
{
    private KeyRanges(DeviceIndices first, DeviceIndices end)
    {
        First = first;
        End = end;
    }

    /// <summary>The first key of each query.</summary>
    public DeviceIndices First { get; }

    /// <summary>The key behind the last of each query.</summary>
    public DeviceIndices End { get; }

    /// <summary>Copies ranges to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="first">The first key of each query, ≥ 0.</param>
    /// <param name="end">The key behind the last of each query, &gt; the first.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a range is empty.</exception>
    public static KeyRanges Create(IComputeDevice device, ReadOnlySpan<int> first, ReadOnlySpan<int> end)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (first.Length != end.Length)
        {
            throw new ArgumentException($"{first.Length} first keys and {end.Length} ends were given.", nameof(end));
        }

        for (int query = 0; query < first.Length; query++)
        {
            if (first[query] < 0 || first[query] >= end[query])
            {
                throw new ArgumentException($"Query {query} would see the keys {first[query]} … {end[query] - 1}; at least one from 0 on is needed.", nameof(end));
            }
        }

        DeviceIndices firstKeys = device.CreateIndices(first);
        try
        {
            return new KeyRanges(firstKeys, device.CreateIndices(end));
        }
        catch
        {
            firstKeys.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        End.Dispose();
    }
}
