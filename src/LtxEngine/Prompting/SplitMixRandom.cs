namespace LtxEngine.Prompting;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): a seed of 64 bits gives the same numbers on every platform and in every version. Not thread-safe.
/// </summary>
/// <remarks>The original draws from PyTorch's generator on its own device, so a seed gives another text there; the distribution is the same.</remarks>
/// <param name="seed">Any number.</param>
internal sealed class SplitMixRandom(long seed)
{
    private ulong _state = unchecked((ulong)seed);

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            ulong value = _state;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    /// <summary>The next uniform number from 0 up to, not including, 1: a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));
}
