using System.Runtime.CompilerServices;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// The tokens of a tokenizer, in both directions: UTF-8 bytes to id and id to UTF-8 bytes.
/// All token bytes lie in one array; the index is an open-addressing hash table of ids. 262,144 tokens take about 8 MB.
/// </summary>
internal sealed class TokenizerVocabulary
{
    /// <summary>Ids lie in 0 … <see cref="IdLimit"/> − 1, so that a pair of ids and a merge rank fit 60 bits.</summary>
    internal const int IdLimit = 1 << 20;

    private byte[] _bytes = new byte[1 << 16];
    private int _byteCount;
    private int[] _starts = [];
    private int[] _lengths = [];
    private int[] _slots = new int[1 << 10];

    /// <summary>The number of tokens.</summary>
    internal int Count { get; private set; }

    /// <summary>One more than the largest id; ids in between may be unused.</summary>
    internal int IdEnd { get; private set; }

    /// <summary>Whether an id names a token.</summary>
    internal bool Contains(int id) => (uint)id < (uint)IdEnd && _lengths[id] >= 0;

    /// <summary>The UTF-8 bytes of a token.</summary>
    /// <param name="id">An id for which <see cref="Contains"/> holds.</param>
    internal ReadOnlySpan<byte> GetToken(int id) => _bytes.AsSpan(_starts[id], _lengths[id]);

    /// <summary>The id of a token, or −1.</summary>
    /// <param name="token">UTF-8 bytes.</param>
    internal int Find(ReadOnlySpan<byte> token)
    {
        int slot = FindSlot(token);
        return _slots[slot] - 1;
    }

    /// <summary>Adds a token. Returns false, changing nothing, when the token or the id is there already.</summary>
    /// <param name="token">UTF-8 bytes.</param>
    /// <param name="id">0 … <see cref="IdLimit"/> − 1.</param>
    internal bool TryAdd(ReadOnlySpan<byte> token, int id)
    {
        if (2 * Count >= _slots.Length)
        {
            GrowIndex();
        }

        int slot = FindSlot(token);
        if (_slots[slot] != 0 || Contains(id))
        {
            return false;
        }

        if (id >= _starts.Length)
        {
            GrowIds(id);
        }

        if (token.Length > _bytes.Length - _byteCount)
        {
            Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_byteCount + token.Length))));
        }

        token.CopyTo(_bytes.AsSpan(_byteCount));
        _starts[id] = _byteCount;
        _lengths[id] = token.Length;
        _byteCount += token.Length;
        _slots[slot] = id + 1;
        Count++;
        IdEnd = Math.Max(IdEnd, id + 1);
        return true;
    }

    // HashCode is seeded per process: a file made to collide cannot make loading quadratic.
    private static int Hash(ReadOnlySpan<byte> token)
    {
        HashCode hash = default;
        hash.AddBytes(token);
        return hash.ToHashCode();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindSlot(ReadOnlySpan<byte> token)
    {
        int mask = _slots.Length - 1;
        int slot = Hash(token) & mask;
        while (_slots[slot] != 0 && !GetToken(_slots[slot] - 1).SequenceEqual(token))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void GrowIndex()
    {
        int[] old = _slots;
        _slots = new int[old.Length * 4];
        foreach (int entry in old)
        {
            if (entry != 0)
            {
                _slots[FindSlot(GetToken(entry - 1))] = entry;
            }
        }
    }

    private void GrowIds(int id)
    {
        int oldLength = _lengths.Length;
        int newLength = Math.Max(id + 1, Math.Min(IdLimit, 2 * oldLength));
        Array.Resize(ref _starts, newLength);
        Array.Resize(ref _lengths, newLength);
        _lengths.AsSpan(oldLength).Fill(-1);
    }
}
