namespace LtxEngine.Diffusion.Noise;

/// <summary>
/// Standard normal noise as the original pipelines draw it on the CPU: Mersenne Twister and Box-Muller in PyTorch's order, so that a seed
/// gives the same clip here and there.
/// </summary>
/// <remarks>
/// Draws of 16 and more values transform blocks of 16 uniforms (cosines from the first 8, sines in the last 8; a remainder is covered by a
/// fresh block over the last 16 values). Smaller draws work pair by pair in double and keep the unused second number for the next small draw.
/// Agreement with the original is to rounding (1e-6 relative), not to the bit. Not thread-safe.
/// </remarks>
public sealed class NoiseGenerator : INoiseSource
{
    private const int BlockSize = 16;
    private const int HalfBlock = BlockSize / 2;

    /// <summary>Words of a saved state: those of the uniform numbers, whether a normal number is kept, and its bits.</summary>
    private const int StateWords = MersenneTwister.StateWords + 3;

    private readonly MersenneTwister _random;
    private double _keptNormal;
    private bool _hasKeptNormal;

    /// <summary>Creates a generator.</summary>
    /// <param name="seed">The seed. Only its low 32 bits matter, as in the original; negative seeds are allowed.</param>
    public NoiseGenerator(long seed)
    {
        _random = new MersenneTwister(unchecked((uint)seed));
    }

    /// <summary>Goes on where a saved generator stood.</summary>
    /// <param name="state">What <see cref="SaveState"/> gave.</param>
    /// <exception cref="ArgumentException">The state is none.</exception>
    internal NoiseGenerator(ReadOnlySpan<uint> state)
    {
        Require.Length(state.Length, StateWords, nameof(state));
        _random = new MersenneTwister(state[..MersenneTwister.StateWords]);
        ReadOnlySpan<uint> kept = state[MersenneTwister.StateWords..];
        _hasKeptNormal = kept[0] != 0;
        _keptNormal = BitConverter.UInt64BitsToDouble(kept[1] | ((ulong)kept[2] << 32));
    }

    /// <inheritdoc/>
    public void Fill(Span<float> destination)
    {
        if (destination.Length < BlockSize)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (float)NextSingleNormal();
            }

            return;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = NextUniform24();
        }

        int start = 0;
        for (; start + BlockSize <= destination.Length; start += BlockSize)
        {
            TransformBlock(destination.Slice(start, BlockSize));
        }

        if (start < destination.Length)
        {
            Span<float> last = destination[^BlockSize..];
            for (int i = 0; i < last.Length; i++)
            {
                last[i] = NextUniform24();
            }

            TransformBlock(last);
        }
    }

    /// <inheritdoc/>
    public void Fill(Span<double> destination)
    {
        if (destination.Length < BlockSize)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = NextSingleNormal();
            }

            return;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = NextUniform53();
        }

        int start = 0;
        for (; start + BlockSize <= destination.Length; start += BlockSize)
        {
            TransformBlock(destination.Slice(start, BlockSize));
        }

        if (start < destination.Length)
        {
            Span<double> last = destination[^BlockSize..];
            for (int i = 0; i < last.Length; i++)
            {
                last[i] = NextUniform53();
            }

            TransformBlock(last);
        }
    }

    /// <summary>Everything that the numbers to come depend on.</summary>
    /// <returns>Plain words that can be stored.</returns>
    internal uint[] SaveState()
    {
        uint[] state = new uint[StateWords];
        _random.CopyState(state.AsSpan(0, MersenneTwister.StateWords));
        ulong kept = BitConverter.DoubleToUInt64Bits(_keptNormal);
        state[^3] = _hasKeptNormal ? 1u : 0u;
        state[^2] = (uint)kept;
        state[^1] = (uint)(kept >> 32);
        return state;
    }

    private static void TransformBlock(Span<float> block)
    {
        for (int i = 0; i < HalfBlock; i++)
        {
            // 1 − u lies in (0, 1], where the logarithm is finite.
            float radius = MathF.Sqrt(-2f * MathF.Log(1f - block[i]));
            float angle = MathF.Tau * block[i + HalfBlock];
            block[i] = radius * MathF.Cos(angle);
            block[i + HalfBlock] = radius * MathF.Sin(angle);
        }
    }

    private static void TransformBlock(Span<double> block)
    {
        for (int i = 0; i < HalfBlock; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - block[i]));
            double angle = Math.Tau * block[i + HalfBlock];
            block[i] = radius * Math.Cos(angle);
            block[i + HalfBlock] = radius * Math.Sin(angle);
        }
    }

    private float NextUniform24() => (_random.NextUInt32() & 0xFFFFFF) * (1f / (1 << 24));

    private double NextUniform53()
    {
        ulong high = _random.NextUInt32();
        ulong bits = (high << 32) | _random.NextUInt32();
        return (bits & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private double NextSingleNormal()
    {
        if (_hasKeptNormal)
        {
            _hasKeptNormal = false;
            return _keptNormal;
        }

        double angle = Math.Tau * NextUniform53();
        double radiusUniform = NextUniform53();

        // log(1 − u) through log1p keeps its digits where u is tiny.
        double radius = Math.Sqrt(-2 * LogOnePlus(-radiusUniform));
        _keptNormal = radius * Math.Sin(angle);
        _hasKeptNormal = true;
        return radius * Math.Cos(angle);
    }

    // log(1 + x) without the loss of digits near zero: the rounding error of 1 + x is taken out again (Kahan).
    private static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
