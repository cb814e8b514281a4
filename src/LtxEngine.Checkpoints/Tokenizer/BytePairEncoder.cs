using System.Buffers;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// Byte-pair encoding of a whole segment of text. Gemma's pre-tokenizer cuts nothing, so a segment may be thousands of words long:
/// a linked list of symbols and a heap of candidate merges give O(n log n) instead of the quadratic scan.
/// </summary>
/// <remarks>
/// Start: one symbol per Unicode scalar, or one per UTF-8 byte (<c>&lt;0xHH&gt;</c>) where the scalar is not in the vocabulary.
/// Then the adjacent pair of lowest rank is merged, the leftmost of equals first, until no pair merges.
/// </remarks>
internal sealed class BytePairEncoder
{
    private readonly TokenizerVocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly int[] _byteTokens;

    /// <summary>Creates an encoder.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="byteTokens">The id of each of the 256 byte tokens.</param>
    internal BytePairEncoder(TokenizerVocabulary vocabulary, MergeTable merges, int[] byteTokens)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _byteTokens = byteTokens;
    }

    /// <summary>Appends the ids of a segment.</summary>
    /// <param name="segment">Valid UTF-8, already normalised.</param>
    /// <param name="ids">Receives the ids.</param>
    internal void Encode(ReadOnlySpan<byte> segment, List<int> ids)
    {
        // A symbol stands for at least one byte, so the byte count bounds the symbols.
        int[] rented = ArrayPool<int>.Shared.Rent(checked(3 * segment.Length));
        try
        {
            Span<int> tokens = rented.AsSpan(0, segment.Length);
            Span<int> previous = rented.AsSpan(segment.Length, segment.Length);
            Span<int> next = rented.AsSpan(2 * segment.Length, segment.Length);
            int count = Split(segment, tokens);
            Merge(tokens[..count], previous, next, ids);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private int Split(ReadOnlySpan<byte> segment, Span<int> tokens)
    {
        int count = 0;
        while (!segment.IsEmpty)
        {
            int length = segment[0] switch
            {
                < 0x80 => 1,
                < 0xE0 => 2,
                < 0xF0 => 3,
                _ => 4,
            };
            int id = _vocabulary.Find(segment[..length]);
            if (id >= 0)
            {
                tokens[count++] = id;
            }
            else
            {
                foreach (byte value in segment[..length])
                {
                    tokens[count++] = _byteTokens[value];
                }
            }

            segment = segment[length..];
        }

        return count;
    }

    private void Merge(Span<int> tokens, Span<int> previous, Span<int> next, List<int> ids)
    {
        const int Dead = -1;
        int count = tokens.Length;

        // A candidate is rank · 2³² + position of its left symbol: the order of the heap is the order of the merges.
        List<(int Position, ulong Priority)> initial = new(count);
        for (int i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
            if (i + 1 < count && _merges.FindRank(tokens[i], tokens[i + 1]) is int rank and >= 0)
            {
                initial.Add((i, Priority(rank, i)));
            }
        }

        PriorityQueue<int, ulong> candidates = new(initial);
        while (candidates.TryDequeue(out int left, out ulong priority))
        {
            int rank = (int)(priority >> 32);
            int right = tokens[left] == Dead ? count : next[left];

            // A candidate is stale when one of its symbols has since become part of another.
            if (right == count || _merges.FindRank(tokens[left], tokens[right]) != rank)
            {
                continue;
            }

            int after = next[right];
            tokens[left] = _merges.GetProduct(rank);
            tokens[right] = Dead;
            next[left] = after;
            if (after < count)
            {
                previous[after] = left;
                Enqueue(candidates, left, tokens[left], tokens[after]);
            }

            int before = previous[left];
            if (before >= 0)
            {
                Enqueue(candidates, before, tokens[before], tokens[left]);
            }
        }

        for (int i = 0; i < count; i = next[i])
        {
            ids.Add(tokens[i]);
        }
    }

    private void Enqueue(PriorityQueue<int, ulong> candidates, int position, int left, int right)
    {
        int rank = _merges.FindRank(left, right);
        if (rank >= 0)
        {
            candidates.Enqueue(position, Priority(rank, position));
        }
    }

    private static ulong Priority(int rank, int position) => ((ulong)(uint)rank << 32) | (uint)position;
}
