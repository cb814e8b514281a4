namespace LtxEngine.Diffusion.Noise;

/// <summary>The standard 32-bit Mersenne Twister MT19937 (Matsumoto and Nishimura) with its one-word seeding.</summary>
internal sealed class MersenneTwister
{
    /// <summary>Words of a saved state: the 624 of the recurrence and the place in them.</summary>
    public const int StateWords = Length + 1;

    private const int Length = 624;
    private const int Middle = 397;
    private const uint MatrixRow = 0x9908B0DF;
    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    /// <summary>Seeds the generator.</summary>
    /// <param name="seed">The seed word.</param>
    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Length; i++)
        {
            uint previous = _state[i - 1];
            _state[i] = unchecked((1812433253u * (previous ^ (previous >> 30))) + i);
        }
    }

    /// <summary>Takes over a saved state.</summary>
    /// <param name="state">Its <see cref="StateWords"/> words, as <see cref="CopyState"/> gave them.</param>
    public MersenneTwister(ReadOnlySpan<uint> state)
    {
        Require.Length(state.Length, StateWords, nameof(state));
        Require.InRange(state[Length], 0, Length, nameof(state));
        state[..Length].CopyTo(_state);
        _next = (int)state[Length];
    }

    /// <summary>The next tempered word.</summary>
    public uint NextUInt32()
    {
        if (_next == Length)
        {
            Regenerate();
        }

        uint word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C5680;
        word ^= (word << 15) & 0xEFC60000;
        return word ^ (word >> 18);
    }

    /// <summary>Copies everything that the numbers to come depend on.</summary>
    /// <param name="destination">Receives <see cref="StateWords"/> words.</param>
    public void CopyState(Span<uint> destination)
    {
        Require.Length(destination.Length, StateWords, nameof(destination));
        _state.CopyTo(destination);
        destination[Length] = (uint)_next;
    }

    private void Regenerate()
    {
        for (int i = 0; i < Length; i++)
        {
            uint mixed = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7FFFFFFF);
            uint twist = (mixed & 1) == 0 ? 0 : MatrixRow;
            _state[i] = _state[(i + Middle) % Length] ^ (mixed >> 1) ^ twist;
        }

        _next = 0;
    }
}
