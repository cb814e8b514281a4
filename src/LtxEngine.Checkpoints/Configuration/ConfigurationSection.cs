using System.Collections.Immutable;
using System.Text.Json;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>One object of the stored configuration. Every reading notes what is wrong and goes on with a harmless value.</summary>
/// <param name="path">The object's name as the user reads it, for example <c>config.transformer</c>.</param>
/// <param name="element">The object, or nothing when the configuration lacks it.</param>
/// <param name="problems">Receives what is wrong.</param>
/// <param name="kind">The kind that problems are noted as.</param>
internal sealed class ConfigurationSection(
    string path, JsonElement? element, ProblemList problems, ModelFormatErrorKind kind = ModelFormatErrorKind.InvalidConfiguration)
{
    /// <summary>Whether the configuration has this object.</summary>
    public bool Exists => element is not null;

    /// <summary>A nested object; its readings fall back to defaults when it is absent.</summary>
    public ConfigurationSection Section(string name)
    {
        JsonElement? child = Find(name);
        if (child is { ValueKind: not JsonValueKind.Object })
        {
            Report(name, child.Value, "an object");
            child = null;
        }

        return new ConfigurationSection($"{path}.{name}", child, problems, kind);
    }

    /// <summary>Whether a key is present and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An integer in a range; the default when absent, a problem when absent without default.</summary>
    public int Integer(string name, int minimum, int maximum, int? defaultValue = null)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue ?? Missing(name, minimum);
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= minimum && number <= maximum && number == Math.Floor(number))
        {
            return (int)number;
        }

        Report(name, value, $"an integer from {minimum} to {maximum}");
        return minimum;
    }

    /// <summary>The names of the object's keys; none when it is absent.</summary>
    public IEnumerable<string> Names => element is { ValueKind: JsonValueKind.Object } section ? ReadNames(section) : [];

    /// <summary>A string; the default when absent.</summary>
    public string? Text(string name, string? defaultValue)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue;
        }

        if (TryReadText(value) is { } text)
        {
            return text;
        }

        Report(name, value, "a string");
        return defaultValue;
    }

    /// <summary>Strings; none when absent.</summary>
    public ImmutableArray<string> Texts(string name)
    {
        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        foreach (JsonElement item in Items(name))
        {
            if (TryReadText(item) is { } text)
            {
                texts.Add(text);
            }
            else
            {
                Report(name, item, "a list of strings");
            }
        }

        return texts.ToImmutable();
    }

    /// <summary>Integers from 0; none when absent.</summary>
    public ImmutableArray<int> Indices(string name, int maximum)
    {
        ImmutableArray<int>.Builder indices = ImmutableArray.CreateBuilder<int>();
        foreach (JsonElement item in Items(name))
        {
            if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int index) && index >= 0 && index <= maximum)
            {
                indices.Add(index);
            }
            else
            {
                Report(name, item, $"a list of integers from 0 to {maximum}");
            }
        }

        return indices.ToImmutable();
    }

    /// <summary>A number from 0 to 1; the default when absent.</summary>
    public double Fraction(string name, double defaultValue)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number is >= 0 and <= 1)
        {
            return number;
        }

        Report(name, value, "a number from 0 to 1");
        return defaultValue;
    }

    /// <summary>A positive finite number; the default when absent, a problem when absent without default.</summary>
    public double Positive(string name, double? defaultValue = null) => Number(name, double.Epsilon, defaultValue, "a number above 0");

    /// <summary>A finite number of at least 0; the default when absent.</summary>
    public double NonNegative(string name, double defaultValue) => Number(name, 0, defaultValue, "a number of at least 0");

    /// <summary>One of several words; the default when absent, a problem when absent without default.</summary>
    public T Choice<T>(string name, T? defaultValue, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Find(name) is not { } value)
        {
            return defaultValue ?? Missing(name, choices[0].Value);
        }

        string? text = TryReadText(value);
        List<string> words = [];
        foreach ((string word, T choice) in choices)
        {
            if (string.Equals(text, word, StringComparison.Ordinal))
            {
                return choice;
            }

            words.Add($"\"{word}\"");
        }

        Report(name, value, string.Join(" or ", words));
        return choices[0].Value;
    }

    /// <summary>A truth value; the default when absent.</summary>
    public bool Boolean(string name, bool defaultValue)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Report(name, value, "true or false");
        return defaultValue;
    }

    /// <summary>Positive numbers, as many as asked for (any positive number when <paramref name="count"/> is 0).</summary>
    public ImmutableArray<double> Numbers(string name, int count)
    {
        if (Find(name) is not { } value)
        {
            _ = Missing(name, 0);
            return [.. Enumerable.Repeat(1.0, Math.Max(count, 1))];
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= 64 && (count == 0 || value.GetArrayLength() == count))
        {
            List<double> numbers = [];
            foreach (JsonElement item in value.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && number > 0 && double.IsFinite(number))
                {
                    numbers.Add(number);
                }
            }

            if (numbers.Count == value.GetArrayLength())
            {
                return [.. numbers];
            }
        }

        Report(name, value, $"a list of {(count == 0 ? "1 to 64" : count)} numbers above 0");
        return [.. Enumerable.Repeat(1.0, Math.Max(count, 1))];
    }

    /// <summary>As many finite numbers as asked for; each the default when absent.</summary>
    public ImmutableArray<double> Numbers(string name, int count, double defaultValue)
    {
        ImmutableArray<double> defaults = [.. Enumerable.Repeat(defaultValue, count)];
        if (Find(name) is not { } value)
        {
            return defaults;
        }

        if (value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() == count
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && double.IsFinite(number)))
        {
            return [.. value.EnumerateArray().Select(item => item.GetDouble())];
        }

        Report(name, value, $"a list of {count} numbers");
        return defaults;
    }

    /// <summary>Positive integers; the default when absent.</summary>
    public ImmutableArray<int> Integers(string name, int maximum, ImmutableArray<int> defaultValue)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue;
        }

        return TryReadIntegers(value, maximum) is { } integers ? integers : ReportAndReturn(name, value, $"a list of 1 to 64 integers from 1 to {maximum}", defaultValue);
    }

    /// <summary>Lists of positive integers; the default when absent.</summary>
    public ImmutableArray<ImmutableArray<int>> IntegerLists(string name, int maximum, ImmutableArray<ImmutableArray<int>> defaultValue)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue;
        }

        string allowed = $"a list of 1 to 64 lists of 1 to 64 integers from 1 to {maximum}";
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > 64)
        {
            return ReportAndReturn(name, value, allowed, defaultValue);
        }

        List<ImmutableArray<int>> lists = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (TryReadIntegers(item, maximum) is not { } list)
            {
                return ReportAndReturn(name, value, allowed, defaultValue);
            }

            lists.Add(list);
        }

        return [.. lists];
    }

    /// <summary>The raw items of a list; empty when absent.</summary>
    public IReadOnlyList<JsonElement> Items(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= 256)
        {
            return [.. value.EnumerateArray()];
        }

        Report(name, value, "a list of at most 256 items");
        return [];
    }

    /// <summary>Notes a problem unless a key, when present, has the one value that this engine computes.</summary>
    public void Require(string name, string expected)
    {
        if (Find(name) is { } value && !string.Equals(TryReadText(value), expected, StringComparison.Ordinal))
        {
            Report(name, value, $"\"{expected}\"");
        }
    }

    /// <inheritdoc cref="Require(string, string)"/>
    public void Require(string name, bool expected)
    {
        if (Find(name) is { } value && value.ValueKind != (expected ? JsonValueKind.True : JsonValueKind.False))
        {
            Report(name, value, expected ? "true" : "false");
        }
    }

    /// <inheritdoc cref="Require(string, string)"/>
    public void Require(string name, double expected)
    {
        if (Find(name) is { } value && !(value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == expected))
        {
            Report(name, value, $"{expected}");
        }
    }

    /// <summary>Notes a problem when a key is present and neither null nor false nor an empty list: features of later model families.</summary>
    public void RequireAbsent(string name, string reason)
    {
        bool absent = Find(name) is not { } value || value.ValueKind == JsonValueKind.False || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
        if (!absent)
        {
            Report(name, Find(name)!.Value, $"absent ({reason})");
        }
    }

    /// <summary>Notes that a value is not one of those allowed.</summary>
    public void Report(string name, JsonElement value, string allowed) =>
        problems.Add(kind, $"{path}.{name} is {Shorten(value.GetRawText())}; it must be {allowed}.");

    // A JSON string may hold an escape that is no Unicode character.
    private static string? TryReadText(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private List<string> ReadNames(JsonElement section)
    {
        List<string> names = [];
        foreach (JsonProperty property in section.EnumerateObject())
        {
            try
            {
                names.Add(property.Name);
            }
            catch (InvalidOperationException)
            {
                problems.Add(kind, $"{path} has a key with an escape that is no Unicode character.");
            }
        }

        return names;
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, 77)}...";

    private static ImmutableArray<int>? TryReadIntegers(JsonElement value, int maximum)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > 64)
        {
            return null;
        }

        List<int> integers = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int integer) || integer < 1 || integer > maximum)
            {
                return null;
            }

            integers.Add(integer);
        }

        return [.. integers];
    }

    private double Number(string name, double minimum, double? defaultValue, string allowed)
    {
        if (Find(name) is not { } value)
        {
            return defaultValue ?? Missing(name, 1.0);
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= minimum && double.IsFinite(number))
        {
            return number;
        }

        Report(name, value, allowed);
        return 1;
    }

    private T ReportAndReturn<T>(string name, JsonElement value, string allowed, T result)
    {
        Report(name, value, allowed);
        return result;
    }

    private T Missing<T>(string name, T result)
    {
        // A missing object is one problem, noted by whoever asked for it, not one per key.
        if (Exists)
        {
            problems.Add(kind, $"{path}.{name} is missing; LTX-2 19B files state it and no default is safe.");
        }

        return result;
    }

    private JsonElement? Find(string name) =>
        element is { } section && section.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
