namespace LtxEngine.Diffusion.Guidance;

/// <summary>Values by range of sigma: the smallest key at or above sigma counts, or the largest key when sigma lies above all.</summary>
/// <typeparam name="T">The values.</typeparam>
internal sealed class SigmaBins<T>
{
    private readonly double[] _keys;
    private readonly T[] _values;

    /// <summary>Sorts the bins.</summary>
    /// <param name="bins">At least one; keys are distinct and finite.</param>
    public SigmaBins(IEnumerable<KeyValuePair<double, T>> bins)
    {
        KeyValuePair<double, T>[] sorted = [.. bins.OrderBy(static bin => bin.Key)];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("There is no bin; give at least one sigma with its parameters.", nameof(bins));
        }

        for (int i = 0; i < sorted.Length; i++)
        {
            Require.Finite(sorted[i].Key, nameof(bins));
            if (i > 0 && sorted[i].Key == sorted[i - 1].Key)
            {
                throw new ArgumentException($"Sigma {sorted[i].Key} occurs twice; every bin needs its own upper end.", nameof(bins));
            }
        }

        _keys = [.. sorted.Select(static bin => bin.Key)];
        _values = [.. sorted.Select(static bin => bin.Value)];
    }

    /// <summary>The keys, rising.</summary>
    public IReadOnlyList<double> Keys => _keys;

    /// <summary>The values, by rising key.</summary>
    public IReadOnlyList<T> Values => _values;

    /// <summary>The value that counts at a sigma.</summary>
    /// <param name="sigma">The sigma.</param>
    public T At(double sigma)
    {
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] >= sigma)
            {
                return _values[i];
            }
        }

        return _values[^1];
    }
}
