using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// The Gemma 3 tokenizer as its <c>tokenizer.json</c> describes it: text to ids and back. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Added tokens are cut out of the raw text first (leftmost, longest); in the rest every blank becomes <c>▁</c> and byte-pair encoding
/// runs on the whole segment; scalars outside the vocabulary become byte tokens. <c>&lt;bos&gt;</c> goes in front, nothing at the end.
/// </remarks>
internal sealed class GemmaTokenizer
{
    /// <summary>The longest prompt of the original pipelines, in tokens.</summary>
    internal const int DefaultMaximumLength = 1024;

    private static readonly byte[] WordBoundary = "▁"u8.ToArray();
    private static readonly byte[] ReplacementCharacter = "\uFFFD"u8.ToArray();

    private readonly TokenizerVocabulary _vocabulary;
    private readonly AddedTokenTrie _addedTokens = new();
    private readonly HashSet<int> _specialIds = [];
    private readonly BytePairEncoder _encoder;
    private readonly int[] _prefix;
    private readonly short[] _byteValues;

    /// <summary>Assembles a tokenizer from validated parts.</summary>
    /// <param name="vocabulary">All tokens, the added ones included.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="byteTokens">The id of each of the 256 byte tokens.</param>
    /// <param name="addedTokens">The added tokens.</param>
    /// <param name="prefix">The ids in front of every text: <c>&lt;bos&gt;</c>.</param>
    /// <param name="padId">The id of <c>&lt;pad&gt;</c>.</param>
    internal GemmaTokenizer(
        TokenizerVocabulary vocabulary, MergeTable merges, int[] byteTokens, IReadOnlyList<AddedToken> addedTokens, int[] prefix, int padId)
    {
        _vocabulary = vocabulary;
        _encoder = new BytePairEncoder(vocabulary, merges, byteTokens);
        _prefix = prefix;
        PadId = padId;
        foreach (AddedToken token in addedTokens)
        {
            _addedTokens.Add(token.Content, token.Id);
            if (token.IsSpecial)
            {
                _specialIds.Add(token.Id);
            }
        }

        _byteValues = new short[vocabulary.IdEnd];
        Array.Fill(_byteValues, (short)-1);
        for (int value = 0; value < byteTokens.Length; value++)
        {
            _byteValues[byteTokens[value]] = (short)value;
        }
    }

    /// <summary>The id that fills a row up to a fixed length in the original (<c>&lt;pad&gt;</c>).</summary>
    internal int PadId { get; }

    /// <summary>The number of tokens.</summary>
    internal int VocabularySize => _vocabulary.Count;

    /// <summary>One more than the largest id.</summary>
    internal int IdEnd => _vocabulary.IdEnd;

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is damaged or not a Gemma tokenizer.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static GemmaTokenizer Load(string path) => TokenizerFile.Read(path);

    /// <summary>The id of the token with exactly this text, or null.</summary>
    internal int? FindToken(string token)
    {
        int id = _vocabulary.Find(Encoding.UTF8.GetBytes(token));
        return id >= 0 ? id : null;
    }

    /// <summary>Text to ids, <c>&lt;bos&gt;</c> in front, the text taken as it is.</summary>
    /// <param name="text">Any text; unpaired surrogates count as U+FFFD. Text that spells an added token becomes that token.</param>
    internal int[] Encode(string text)
    {
        List<int> ids = [.. _prefix];
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int segmentStart = 0;
        int position = 0;
        while (position < bytes.Length)
        {
            int id = _addedTokens.Match(bytes.AsSpan(position), out int length);
            if (id < 0)
            {
                position++;
                continue;
            }

            EncodeSegment(bytes.AsSpan(segmentStart, position - segmentStart), ids);
            ids.Add(id);
            position += length;
            segmentStart = position;
        }

        EncodeSegment(bytes.AsSpan(segmentStart), ids);
        return [.. ids];
    }

    /// <summary>
    /// A prompt to the ids that the text encoder runs: white space of both ends removed (Python's rule), encoded, the first
    /// <paramref name="maximumLength"/> ids kept.
    /// </summary>
    /// <remarks>
    /// The original pads the row on the left with <see cref="PadId"/> to its fixed length and masks the pads. Pads never reach a
    /// valid row and only shift the positions, which rotary embeddings see as differences; so only the real ids are returned and run.
    /// </remarks>
    /// <param name="prompt">The prompt; the empty one gives <c>&lt;bos&gt;</c> alone.</param>
    /// <param name="maximumLength">At least 1.</param>
    internal int[] EncodePrompt(string prompt, int maximumLength = DefaultMaximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        int[] ids = Encode(PythonText.Strip(prompt));
        return ids.Length <= maximumLength ? ids : ids[..maximumLength];
    }

    /// <summary>Ids to text.</summary>
    /// <remarks>
    /// <c>▁</c> becomes a blank. A run of byte tokens is taken as a whole: valid UTF-8 becomes its text, otherwise every byte of the
    /// run becomes one U+FFFD. Ids that name no token (a language model's output table has spare rows) give nothing.
    /// </remarks>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out, before runs of byte tokens are formed.</param>
    internal string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        ArrayBufferWriter<byte> text = new(16 + (4 * ids.Length));
        List<byte> run = [];
        foreach (int id in ids)
        {
            if (!_vocabulary.Contains(id) || (skipSpecialTokens && _specialIds.Contains(id)))
            {
                continue;
            }

            if (_byteValues[id] >= 0)
            {
                run.Add((byte)_byteValues[id]);
                continue;
            }

            WriteBytes(run, text);
            WriteToken(_vocabulary.GetToken(id), text);
        }

        WriteBytes(run, text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static void WriteBytes(List<byte> run, ArrayBufferWriter<byte> text)
    {
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run);
        if (Utf8.IsValid(bytes))
        {
            text.Write(bytes);
        }
        else
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                text.Write(ReplacementCharacter);
            }
        }

        run.Clear();
    }

    private static void WriteToken(ReadOnlySpan<byte> token, ArrayBufferWriter<byte> text)
    {
        int boundary;
        while ((boundary = token.IndexOf(WordBoundary)) >= 0)
        {
            text.Write(token[..boundary]);
            text.Write(" "u8);
            token = token[(boundary + WordBoundary.Length)..];
        }

        text.Write(token);
    }

    private void EncodeSegment(ReadOnlySpan<byte> segment, List<int> ids)
    {
        if (segment.IsEmpty)
        {
            return;
        }

        int blanks = segment.Count((byte)' ');
        byte[] normalised = ArrayPool<byte>.Shared.Rent(checked(segment.Length + (2 * blanks)));
        int length = 0;
        foreach (byte value in segment)
        {
            if (value == (byte)' ')
            {
                WordBoundary.CopyTo(normalised, length);
                length += WordBoundary.Length;
            }
            else
            {
                normalised[length++] = value;
            }
        }

        _encoder.Encode(normalised.AsSpan(0, length), ids);
        ArrayPool<byte>.Shared.Return(normalised);
    }
}
