using System.Text.Json;

namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>Steps through untrusted JSON with a limit on nesting and on the length of strings; every fault is a typed error.</summary>
/// <param name="json">UTF-8 text, checked by the caller.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="name">What the text is, for messages, for example "The header".</param>
internal ref struct BoundedJson(ReadOnlySpan<byte> json, string path, string name)
{
    // One level more than allowed, so that the limit is reported as such and not as a syntax error.
    private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = SafetensorsLimits.Depth + 1 });

    /// <summary>The kind of the current token.</summary>
    public readonly JsonTokenType TokenType => _reader.TokenType;

    /// <summary>How deep the current token is nested.</summary>
    public readonly int Depth => _reader.CurrentDepth;

    /// <summary>Bytes read so far.</summary>
    public readonly long BytesConsumed => _reader.BytesConsumed;

    /// <summary>Steps to the next token.</summary>
    /// <returns>False at the end.</returns>
    public bool Read()
    {
        try
        {
            if (!_reader.Read())
            {
                return false;
            }
        }
        catch (JsonException exception)
        {
            throw Error(ModelFormatErrorKind.InvalidJson, $"{name} is not valid JSON (byte {_reader.BytesConsumed}): {Shorten(exception.Message)}", exception);
        }

        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && _reader.CurrentDepth >= SafetensorsLimits.Depth)
        {
            throw Error(ModelFormatErrorKind.LimitExceeded, $"{name} is nested deeper than {SafetensorsLimits.Depth} levels; such a file is not a model.");
        }

        return true;
    }

    /// <summary>Steps to the next token, which must be there.</summary>
    public void MustRead()
    {
        if (!Read())
        {
            throw Error(ModelFormatErrorKind.InvalidJson, $"{name} ends in the middle of a value.");
        }
    }

    /// <summary>Steps over the value that begins at the current token.</summary>
    public void Skip()
    {
        int depth = _reader.CurrentDepth;
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                MustRead();
            }
            while (_reader.CurrentDepth > depth);
        }
    }

    /// <summary>The current string or property name.</summary>
    /// <param name="maximumBytes">The longest that is accepted, in bytes of the file.</param>
    /// <param name="what">What the string is, for messages.</param>
    public readonly string GetString(int maximumBytes, string what)
    {
        if (_reader.ValueSpan.Length > maximumBytes)
        {
            throw Error(ModelFormatErrorKind.LimitExceeded, $"{what} has {_reader.ValueSpan.Length} bytes; at most {maximumBytes} are accepted.");
        }

        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Error(ModelFormatErrorKind.InvalidJson, $"{what} holds an escape that is no Unicode character.", exception);
        }
    }

    /// <summary>Whether the current property name, escapes undone, is this one.</summary>
    public readonly bool NameEquals(string text) => _reader.ValueTextEquals(text);

    /// <summary>The current number, when it is an integer that fits 64 bits.</summary>
    public readonly bool TryGetInt64(out long value)
    {
        value = 0;
        return _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out value);
    }

    /// <summary>An error about this text.</summary>
    public readonly ModelFormatException Error(ModelFormatErrorKind kind, string problem, Exception? innerException = null) => new(path, kind, problem, innerException);

    /// <summary>Cuts untrusted text for a message.</summary>
    public static string Shorten(string text) => text.Length <= 200 ? text : $"{text.AsSpan(0, 197)}...";
}
