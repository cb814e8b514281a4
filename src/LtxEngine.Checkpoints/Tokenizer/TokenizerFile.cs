using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>
/// Reads a Gemma <c>tokenizer.json</c>. The vocabulary and the merges (30 MB) are streamed straight into their tables;
/// every part is checked, so that what loads encodes as the original library does.
/// </summary>
internal ref struct TokenizerFile
{
    /// <summary>The longest file accepted (the published one has 33 MB).</summary>
    internal const long MaximumFileLength = 128L << 20;

    private const int MaximumDepth = 32;

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _json;
    private readonly TokenizerVocabulary _vocabulary = new();
    private readonly MergeTable _merges = new();
    private byte[] _scratch = new byte[256];
    private byte[] _left = new byte[256];
    private List<AddedToken>? _addedTokens;
    private JsonElement? _normalizer;
    private JsonElement? _preTokenizer;
    private JsonElement? _postProcessor;
    private JsonElement? _decoder;
    private Utf8JsonReader _mergesReader;
    private bool _hasMerges;
    private bool _hasModel;
    private bool _hasVocabulary;

    private TokenizerFile(string path, ReadOnlySpan<byte> json)
    {
        _path = path;
        _json = json;
    }

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is damaged or not a Gemma tokenizer.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static GemmaTokenizer Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaximumFileLength)
        {
            throw new ModelFormatException($"{path}: the file has {length} bytes; a tokenizer.json has at most {MaximumFileLength}.");
        }

        byte[] json = File.ReadAllBytes(path);
        if (!Utf8.IsValid(json))
        {
            throw new ModelFormatException($"{path}: the file is not UTF-8 text.");
        }

        try
        {
            return new TokenizerFile(path, json).Parse();
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException($"{path}: not valid JSON: {exception.Message}", exception);
        }
    }

    private static bool IsEmptyOrNull(JsonElement element) =>
        element.ValueKind == JsonValueKind.Null || (element.ValueKind == JsonValueKind.String && element.ValueEquals(""u8));

    private static bool HasString(JsonElement element, string property, string value) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out JsonElement found)
        && found.ValueKind == JsonValueKind.String && found.ValueEquals(value);

    private static bool IsReplace(JsonElement element, string pattern, string content) =>
        HasString(element, "type", "Replace")
        && element.TryGetProperty("pattern", out JsonElement found) && HasString(found, "String", pattern)
        && HasString(element, "content", content);

    private readonly ModelFormatException Error(string problem) => new($"{_path}: {problem}");

    private GemmaTokenizer Parse()
    {
        ReadFile();
        if (!_hasModel || !_hasVocabulary || !_hasMerges)
        {
            throw Error($"{(_hasModel ? _hasVocabulary ? "model.merges" : "model.vocab" : "model")} is missing; a Gemma tokenizer.json has it.");
        }

        if (_mergesReader.TokenType != JsonTokenType.None)
        {
            ReadMerges(ref _mergesReader);
        }

        AddAddedTokens();
        CheckNormalizer();
        CheckPreTokenizer();
        CheckDecoder();
        int pad = _vocabulary.Find("<pad>"u8);
        if (pad < 0)
        {
            throw Error("the token \"<pad>\" is missing.");
        }

        return new GemmaTokenizer(_vocabulary, _merges, FindByteTokens(), _addedTokens!, ReadPrefix(), pad);
    }

    private void ReadFile()
    {
        Utf8JsonReader reader = new(_json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error("the file must hold a JSON object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("model"u8))
            {
                ThrowIfRepeated(_hasModel, "model");
                _hasModel = true;
                ReadModel(ref reader);
            }
            else if (reader.ValueTextEquals("added_tokens"u8))
            {
                ThrowIfRepeated(_addedTokens is not null, "added_tokens");
                ReadAddedTokens(ReadElement(ref reader));
            }
            else if (reader.ValueTextEquals("normalizer"u8))
            {
                ThrowIfRepeated(_normalizer is not null, "normalizer");
                _normalizer = ReadElement(ref reader);
            }
            else if (reader.ValueTextEquals("pre_tokenizer"u8))
            {
                ThrowIfRepeated(_preTokenizer is not null, "pre_tokenizer");
                _preTokenizer = ReadElement(ref reader);
            }
            else if (reader.ValueTextEquals("post_processor"u8))
            {
                ThrowIfRepeated(_postProcessor is not null, "post_processor");
                _postProcessor = ReadElement(ref reader);
            }
            else if (reader.ValueTextEquals("decoder"u8))
            {
                ThrowIfRepeated(_decoder is not null, "decoder");
                _decoder = ReadElement(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        // Reads past the closing brace: anything but white space there is an error.
        reader.Read();
    }

    private static JsonElement ReadElement(ref Utf8JsonReader reader)
    {
        reader.Read();
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.Clone();
    }

    private readonly void ThrowIfRepeated(bool isRepeated, string name)
    {
        if (isRepeated)
        {
            throw Error($"{name} stands in the file twice.");
        }
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error("model must be an object.");
        }

        bool isBytePairEncoding = false;
        bool hasByteFallback = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("vocab"u8))
            {
                ThrowIfRepeated(_hasVocabulary, "model.vocab");
                _hasVocabulary = true;
                ReadVocabulary(ref reader);
            }
            else if (reader.ValueTextEquals("merges"u8))
            {
                ThrowIfRepeated(_hasMerges, "model.merges");
                _hasMerges = true;
                reader.Read();
                if (_hasVocabulary)
                {
                    ReadMerges(ref reader);
                }
                else
                {
                    // Merges name tokens, so they are read once the vocabulary is known.
                    _mergesReader = reader;
                    reader.Skip();
                }
            }
            else
            {
                string name = reader.GetString()!;
                JsonElement value = ReadElement(ref reader);
                switch (name)
                {
                    case "type":
                        isBytePairEncoding = value.ValueKind == JsonValueKind.String && value.ValueEquals("BPE"u8);
                        break;
                    case "byte_fallback":
                        hasByteFallback = value.ValueKind == JsonValueKind.True;
                        break;
                    case "ignore_merges" when value.ValueKind == JsonValueKind.True:
                        throw Error("model.ignore_merges is true; only false is supported.");
                    case "dropout" when value.ValueKind != JsonValueKind.Null && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0):
                        throw Error($"model.dropout is {value}; only null is supported.");
                    case "continuing_subword_prefix" or "end_of_word_suffix" when !IsEmptyOrNull(value):
                        throw Error($"model.{name} is {value}; only null is supported.");
                    default:
                        break;
                }
            }
        }

        if (!isBytePairEncoding)
        {
            throw Error("model.type must be \"BPE\"; this is not a Gemma tokenizer.");
        }

        if (!hasByteFallback)
        {
            throw Error("model.byte_fallback must be true; this is not a Gemma tokenizer.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error("model.vocab must be an object of token to id.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> token = ReadText(ref reader, ref _scratch, "model.vocab");
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id is < 0 or >= TokenizerVocabulary.IdLimit)
            {
                throw Error($"model.vocab[\"{Encoding.UTF8.GetString(token)}\"] must be an integer from 0 to {TokenizerVocabulary.IdLimit - 1}.");
            }

            if (!_vocabulary.TryAdd(token, id))
            {
                throw Error($"model.vocab[\"{Encoding.UTF8.GetString(token)}\"] = {id}: the token or the id stands there twice.");
            }
        }
    }

    // Runs once over half a million entries: waiting for the run-time compiler to notice would cost more than it gains.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadMerges(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Error("model.merges must be an array.");
        }

        byte[] product = new byte[256];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int rank = _merges.Count;
            if (rank == MergeTable.RankLimit)
            {
                throw Error($"model.merges has more than {MergeTable.RankLimit} entries.");
            }

            ReadOnlySpan<byte> left;
            ReadOnlySpan<byte> right;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                reader.Read();
                left = ReadText(ref reader, ref _left, "model.merges");
                reader.Read();
                right = ReadText(ref reader, ref _scratch, "model.merges");
                reader.Read();
                if (reader.TokenType != JsonTokenType.EndArray)
                {
                    throw Error($"model.merges[{rank}] must have two parts.");
                }
            }
            else
            {
                // The older spelling: both parts in one string with a blank between.
                ReadOnlySpan<byte> both = ReadText(ref reader, ref _left, "model.merges");
                int blank = both.IndexOf((byte)' ');
                if (blank < 0 || both[(blank + 1)..].Contains((byte)' '))
                {
                    throw Error($"model.merges[{rank}] must be two parts with one blank between.");
                }

                left = both[..blank];
                right = both[(blank + 1)..];
            }

            int length = left.Length + right.Length;
            if (product.Length < length)
            {
                product = new byte[2 * length];
            }

            left.CopyTo(product);
            right.CopyTo(product.AsSpan(left.Length));
            int leftId = _vocabulary.Find(left);
            int rightId = _vocabulary.Find(right);
            int productId = _vocabulary.Find(product.AsSpan(0, length));
            if (leftId < 0 || rightId < 0 || productId < 0)
            {
                throw Error($"model.merges[{rank}] = [\"{Encoding.UTF8.GetString(left)}\", \"{Encoding.UTF8.GetString(right)}\"]: both parts and their product must be in model.vocab.");
            }

            _merges.Add(leftId, rightId, productId);
        }
    }

    private readonly ReadOnlySpan<byte> ReadText(scoped ref Utf8JsonReader reader, scoped ref byte[] buffer, string entry)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw Error($"{entry} holds a {reader.TokenType} where a text must stand (byte {reader.TokenStartIndex}).");
        }

        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        if (buffer.Length < reader.ValueSpan.Length)
        {
            buffer = new byte[2 * reader.ValueSpan.Length];
        }

        try
        {
            return buffer.AsSpan(0, reader.CopyString(buffer));
        }
        catch (InvalidOperationException exception)
        {
            throw new ModelFormatException($"{_path}: {entry} holds half a surrogate pair (byte {reader.TokenStartIndex}).", exception);
        }
    }

    private void ReadAddedTokens(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw Error("added_tokens must be an array.");
        }

        _addedTokens = new List<AddedToken>(array.GetArrayLength());
        foreach (JsonElement element in array.EnumerateArray())
        {
            string entry = $"added_tokens[{_addedTokens.Count}]";
            if (element.ValueKind != JsonValueKind.Object
                || !element.TryGetProperty("id", out JsonElement id) || id.ValueKind != JsonValueKind.Number
                || !id.TryGetInt32(out int idValue) || idValue is < 0 or >= TokenizerVocabulary.IdLimit)
            {
                throw Error($"{entry}.id must be an integer from 0 to {TokenizerVocabulary.IdLimit - 1}.");
            }

            if (!element.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.String)
            {
                throw Error($"{entry}.content must be a text.");
            }

            byte[] contentBytes = GetBytes(content, entry);
            if (contentBytes.Length == 0)
            {
                throw Error($"{entry}.content is empty.");
            }

            foreach (string option in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"])
            {
                if (element.TryGetProperty(option, out JsonElement value) && value.ValueKind != JsonValueKind.False)
                {
                    throw Error($"{entry}.{option} is {value}; only false is supported.");
                }
            }

            bool isSpecial = element.TryGetProperty("special", out JsonElement special) && special.ValueKind == JsonValueKind.True;
            _addedTokens.Add(new AddedToken(idValue, contentBytes, isSpecial));
        }
    }

    private readonly byte[] GetBytes(JsonElement text, string entry)
    {
        try
        {
            return Encoding.UTF8.GetBytes(text.GetString()!);
        }
        catch (InvalidOperationException exception)
        {
            throw new ModelFormatException($"{_path}: {entry} holds half a surrogate pair.", exception);
        }
    }

    private void AddAddedTokens()
    {
        _addedTokens ??= [];
        HashSet<int> seen = [];
        foreach (AddedToken token in _addedTokens)
        {
            int known = _vocabulary.Find(token.Content);
            if (!seen.Add(token.Id) || (known >= 0 && known != token.Id) || (known < 0 && !_vocabulary.TryAdd(token.Content, token.Id)))
            {
                throw Error($"added_tokens: \"{Encoding.UTF8.GetString(token.Content)}\" with id {token.Id} disagrees with another entry or with model.vocab.");
            }
        }
    }

    private readonly void CheckNormalizer()
    {
        if (_normalizer is not JsonElement normalizer || !IsReplace(normalizer, " ", "▁"))
        {
            throw Error("normalizer must replace \" \" by \"▁\" and do nothing else; this is not a Gemma tokenizer.");
        }
    }

    private readonly void CheckPreTokenizer()
    {
        // The normaliser leaves no blank, so splitting at blanks never cuts.
        if (_preTokenizer is JsonElement { ValueKind: not JsonValueKind.Null } splitter
            && !(HasString(splitter, "type", "Split") && splitter.TryGetProperty("pattern", out JsonElement pattern) && HasString(pattern, "String", " ")))
        {
            throw Error("pre_tokenizer must be null or a Split at \" \"; this is not a Gemma tokenizer.");
        }
    }

    private readonly void CheckDecoder()
    {
        bool isKnown = false;
        if (_decoder is JsonElement decoder && HasString(decoder, "type", "Sequence")
            && decoder.TryGetProperty("decoders", out JsonElement steps) && steps.ValueKind == JsonValueKind.Array && steps.GetArrayLength() == 3)
        {
            isKnown = IsReplace(steps[0], "▁", " ") && HasString(steps[1], "type", "ByteFallback") && HasString(steps[2], "type", "Fuse");
        }

        if (!isKnown)
        {
            throw Error("decoder must be the sequence Replace \"▁\" by \" \", ByteFallback, Fuse; this is not a Gemma tokenizer.");
        }
    }

    private readonly int[] ReadPrefix()
    {
        const string Expected = "post_processor must be the template \"<bos>, text\"; this is not a Gemma tokenizer.";
        if (_postProcessor is not JsonElement template || !HasString(template, "type", "TemplateProcessing")
            || !template.TryGetProperty("single", out JsonElement single) || single.ValueKind != JsonValueKind.Array || single.GetArrayLength() != 2
            || single[0].ValueKind != JsonValueKind.Object || single[1].ValueKind != JsonValueKind.Object
            || !single[0].TryGetProperty("SpecialToken", out JsonElement special) || !HasString(special, "id", "<bos>")
            || !single[1].TryGetProperty("Sequence", out JsonElement sequence) || !HasString(sequence, "id", "A"))
        {
            throw Error(Expected);
        }

        int id = _vocabulary.Find("<bos>"u8);
        return id >= 0 ? [id] : throw Error("the token \"<bos>\" is missing.");
    }

    private readonly int[] FindByteTokens()
    {
        int[] ids = new int[256];
        for (int value = 0; value < ids.Length; value++)
        {
            string token = string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");
            ids[value] = _vocabulary.Find(Encoding.UTF8.GetBytes(token));
            if (ids[value] < 0)
            {
                throw Error($"model.vocab has no byte token \"{token}\"; all 256 must be there.");
            }
        }

        return ids;
    }
}
