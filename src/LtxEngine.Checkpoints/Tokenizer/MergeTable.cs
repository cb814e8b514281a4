using System.Runtime.CompilerServices;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// The merges of a byte-pair encoder: which two adjacent tokens become one, and in which order (rank 0 first).
/// An open-addressing hash table of 64-bit entries: occupied bit, left id (20 bits), right id (20 bits), rank (20 bits).
/// </summary>
internal sealed class MergeTable
{
    /// <summary>Ranks lie in 0 … <see cref="RankLimit"/> − 1.</summary>
    internal const int RankLimit = 1 << 20;

    private const ulong Occupied = 1UL << 63;
    private const int RankBits = 20;
    private const ulong RankMask = RankLimit - 1;

    // A multiplier drawn per process keeps a file from choosing pairs that collide; it never changes a result.
    private static readonly ulong Multiplier = ((ulong)Random.Shared.NextInt64() << 1) | 1;

    private ulong[] _slots = new ulong[1 << 10];
    private int[] _products = new int[1 << 9];
    private int _pairCount;

    /// <summary>The number of merges added.</summary>
    internal int Count { get; private set; }

    /// <summary>All pairs that merge, in no order.</summary>
    internal IEnumerable<(int Left, int Right)> Pairs
    {
        get
        {
            const ulong IdMask = TokenizerVocabulary.IdLimit - 1;
            foreach (ulong entry in _slots)
            {
                if (entry != 0)
                {
                    yield return ((int)((entry >> (2 * RankBits)) & IdMask), (int)((entry >> RankBits) & IdMask));
                }
            }
        }
    }

    /// <summary>Adds the merge of the next rank. A pair named twice keeps its last rank, as the original library does.</summary>
    /// <param name="left">Id of the left part.</param>
    /// <param name="right">Id of the right part.</param>
    /// <param name="product">Id of the token that both become.</param>
    internal void Add(int left, int right, int product)
    {
        if (2 * _pairCount >= _slots.Length)
        {
            Grow();
        }

        if (Count == _products.Length)
        {
            Array.Resize(ref _products, 2 * _products.Length);
        }

        ulong pair = Pair(left, right);
        int slot = FindSlot(pair);
        if (_slots[slot] == 0)
        {
            _pairCount++;
        }

        _products[Count] = product;
        _slots[slot] = Occupied | (pair << RankBits) | (uint)Count;
        Count++;
    }

    /// <summary>The rank of a pair, or −1 when it does not merge.</summary>
    internal int FindRank(int left, int right)
    {
        ulong entry = _slots[FindSlot(Pair(left, right))];
        return entry == 0 ? -1 : (int)(entry & RankMask);
    }

    /// <summary>The token that the merge of this rank makes.</summary>
    internal int GetProduct(int rank) => _products[rank];

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << RankBits) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindSlot(ulong pair)
    {
        ulong hash = pair * Multiplier;
        hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15UL;
        int mask = _slots.Length - 1;
        int slot = (int)(hash >> 40) & mask;
        while (_slots[slot] != 0 && (_slots[slot] & ~Occupied) >> RankBits != pair)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        ulong[] old = _slots;
        _slots = new ulong[old.Length * 4];
        foreach (ulong entry in old)
        {
            if (entry != 0)
            {
                _slots[FindSlot((entry & ~Occupied) >> RankBits)] = entry;
            }
        }
    }
}
