using System.Buffers;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// Byte-pair encoding of a whole segment of text. Gemma's pre-tokenizer cuts nothing, so a segment may be thousands of words long.
/// </summary>
/// <remarks>
/// Start: one symbol per Unicode scalar, or one per UTF-8 byte (<c>&lt;0xHH&gt;</c>) where the scalar is not in the vocabulary.
/// Then the adjacent pair of lowest rank is merged, the leftmost of equals first, until no pair merges.
/// <para>
/// Where no merge joins the end of a word to a following <c>▁</c> — so it is in Gemma's list — words are encoded one by one, which is exact
/// and keeps everything in the cache. A short run of symbols is searched for its best pair; a long one (a word of thousands of characters,
/// or a list whose merges cross words) uses a linked list and a heap, so the time stays O(n log n).
/// </para>
/// </remarks>
internal sealed class BytePairEncoder
{
    private const int ShortRun = 48;
    private const int Dead = -1;

    private static readonly byte[] WordBoundary = "▁"u8.ToArray();

    private readonly TokenizerVocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly int[] _byteTokens;
    private readonly bool _mergesCrossWords;

    /// <summary>Creates an encoder.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="byteTokens">The id of each of the 256 byte tokens.</param>
    internal BytePairEncoder(TokenizerVocabulary vocabulary, MergeTable merges, int[] byteTokens)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _byteTokens = byteTokens;
        _mergesCrossWords = merges.Pairs.Any(pair => CrossesWords(vocabulary.GetToken(pair.Left), vocabulary.GetToken(pair.Right)));
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
            while (!segment.IsEmpty)
            {
                int length = _mergesCrossWords ? segment.Length : FindWordEnd(segment);
                Span<int> tokens = rented.AsSpan(0, length);
                tokens = tokens[..Split(segment[..length], tokens)];
                if (tokens.Length <= ShortRun)
                {
                    MergeShort(tokens, rented.AsSpan(length, length), ids);
                }
                else
                {
                    MergeLong(tokens, rented.AsSpan(length, length), rented.AsSpan(2 * length, length), ids);
                }

                segment = segment[length..];
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private static bool CrossesWords(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        right.StartsWith(WordBoundary) && !left.EndsWith(WordBoundary);

    /// <summary>The length of the first word with the boundaries before it: up to the first <c>▁</c> that follows something else.</summary>
    private static int FindWordEnd(ReadOnlySpan<byte> segment)
    {
        int start = 0;
        while (segment[start..].StartsWith(WordBoundary))
        {
            start += WordBoundary.Length;
        }

        int end = segment[start..].IndexOf(WordBoundary);
        return end < 0 ? segment.Length : start + end;
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

    /// <summary>Looks for the best pair again after every merge: quadratic, and fastest for a word.</summary>
    private void MergeShort(Span<int> tokens, Span<int> ranks, List<int> ids)
    {
        // An unsigned rank makes "does not merge" (−1) the largest of all.
        for (int i = 0; i + 1 < tokens.Length; i++)
        {
            ranks[i] = _merges.FindRank(tokens[i], tokens[i + 1]);
        }

        int count = tokens.Length;
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if ((uint)ranks[i] < (uint)ranks[best])
                {
                    best = i;
                }
            }

            if (ranks[best] < 0)
            {
                break;
            }

            tokens[best] = _merges.GetProduct(ranks[best]);
            tokens[(best + 2)..count].CopyTo(tokens[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            count--;
            if (best + 1 < count)
            {
                ranks[best] = _merges.FindRank(tokens[best], tokens[best + 1]);
            }

            if (best > 0)
            {
                ranks[best - 1] = _merges.FindRank(tokens[best - 1], tokens[best]);
            }
        }

        ids.AddRange(tokens[..count]);
    }

    private void MergeLong(Span<int> tokens, Span<int> previous, Span<int> next, List<int> ids)
    {
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
