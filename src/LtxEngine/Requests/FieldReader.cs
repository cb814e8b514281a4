using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>
/// Reads single values as the hosted endpoint does: numbers from texts, whole numbers from 9.0, truth values from words; never texts from
/// numbers. What cannot be read is collected in the endpoint's words (those of Pydantic 2), nothing is thrown.
/// </summary>
/// <param name="profile">What is allowed.</param>
/// <param name="images">Turns field name and reference into an image; throws <see cref="FormatException"/> for references that it does not take.</param>
internal sealed partial class FieldReader(RequestProfile profile, Func<string, string, ImageSource> images)
{
    /// <summary>The word for a field that must be given and is not.</summary>
    public const string Missing = "missing";

    /// <summary>More digits are no number that anybody means; converting them takes time that grows with their square.</summary>
    private const int MostDigits = 400;

    private static readonly string[] TrueWords = ["true", "t", "yes", "y", "on", "1"];
    private static readonly string[] FalseWords = ["false", "f", "no", "n", "off", "0"];

    private readonly List<FieldError> _errors = [];

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>Whether structures may not have members that nobody knows.</summary>
    public bool RefusesUnknownMembers => profile.RefusesUnknownFields;

    /// <summary>Reads a field's value.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    /// <returns>The parsed value; null after an error.</returns>
    public object? Read(RequestField field, JsonElement value)
    {
        FieldPath path = FieldPath.Of(field.Name);
        return field.Kind switch
        {
            FieldKind.Text => Text(value, path, field.Allowed, field.MaximumLength),
            FieldKind.Integer when profile.LeavesLimitsToPlan && field.Minimum is not null => Integer(value, path, field.Allowed, int.MinValue, int.MaxValue),
            FieldKind.Integer => Integer(value, path, field.Allowed, field.Minimum, field.Maximum),
            FieldKind.Number when profile.LeavesLimitsToPlan => Number(value, path, field.Allowed, isFinite: false),
            FieldKind.Number => Number(value, path, field.Allowed, field.Minimum, field.Maximum),
            FieldKind.Boolean => Boolean(value, path),
            FieldKind.Choice => Choice(value, path, field.Choices),
            FieldKind.Image => Image(value, path),
            _ => field.Parse!(value, path, this),
        };
    }

    /// <summary>Reports a value that cannot be used.</summary>
    /// <returns>Null, so that readers can return it.</returns>
    public object? Fail(FieldPath path, JsonElement input, string type, string message, string allowed, JsonObject? context = null)
    {
        _errors.Add(new FieldError { Path = path, Type = type, Message = message, Input = input, Allowed = allowed, Context = context });
        return null;
    }

    /// <summary>Reports a value that is well-formed and means nothing that can be used.</summary>
    public object? FailValue(FieldPath path, JsonElement input, string allowed) =>
        Fail(path, input, "value_error", "Value error, allowed: " + allowed, allowed, new JsonObject { ["error"] = allowed });

    /// <summary>Reads a text.</summary>
    public string? Text(JsonElement value, FieldPath path, string allowed, int maximumLength = int.MaxValue)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Fail(path, value, "string_type", "Input should be a valid string", allowed);
            return null;
        }

        if (!JsonTexts.TryRead(value, out string text))
        {
            Fail(path, value, "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", allowed);
            return null;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            FailValue(path, value, allowed + " without zero characters");
            return null;
        }

        if (text.Length > maximumLength)
        {
            Fail(
                path,
                value,
                "string_too_long",
                string.Create(CultureInfo.InvariantCulture, $"String should have at most {maximumLength} characters"),
                allowed,
                new JsonObject { ["max_length"] = maximumLength });
            return null;
        }

        return text;
    }

    /// <summary>Reads a whole number.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its place.</param>
    /// <param name="allowed">What is allowed.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="above">Largest value that is too small, for ranges that are stated that way.</param>
    public long? Integer(JsonElement value, FieldPath path, string allowed, double? minimum = null, double? maximum = null, double? above = null)
    {
        if (ParseInteger(value, path, allowed) is not { } number)
        {
            return null;
        }

        // Both ends of 64 bits are exact as decimals, not as doubles.
        decimal smallest = (decimal?)minimum ?? long.MinValue;
        decimal largest = (decimal?)maximum ?? long.MaxValue;
        if (above is { } limit && number <= (BigInteger)limit)
        {
            return (long?)Fail(path, value, "greater_than", Sentence($"greater than {limit}"), allowed, new JsonObject { ["gt"] = (long)limit });
        }

        return number < (BigInteger)smallest
            ? (long?)Fail(path, value, "greater_than_equal", Sentence($"greater than or equal to {smallest}"), allowed, new JsonObject { ["ge"] = (long)smallest })
            : number > (BigInteger)largest
                ? (long?)Fail(path, value, "less_than_equal", Sentence($"less than or equal to {largest}"), allowed, new JsonObject { ["le"] = (long)largest })
                : (long)number;
    }

    /// <summary>Reads a number.</summary>
    public double? Number(JsonElement value, FieldPath path, string allowed, double? minimum = null, double? maximum = null, bool isFinite = true)
    {
        double number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                number = value.GetDouble();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                number = value.GetBoolean() ? 1 : 0;
                break;
            case JsonValueKind.String when JsonTexts.TryRead(value, out string text) && TryParseNumber(text, out number):
                break;
            case JsonValueKind.String:
                return (double?)Fail(path, value, "float_parsing", "Input should be a valid number, unable to parse string as a number", allowed);
            default:
                return (double?)Fail(path, value, "float_type", "Input should be a valid number", allowed);
        }

        if (minimum is { } smallest && !(number >= smallest))
        {
            return (double?)Fail(path, value, "greater_than_equal", Sentence($"greater than or equal to {smallest}"), allowed, new JsonObject { ["ge"] = smallest });
        }

        if (maximum is { } largest && !(number <= largest))
        {
            return (double?)Fail(path, value, "less_than_equal", Sentence($"less than or equal to {largest}"), allowed, new JsonObject { ["le"] = largest });
        }

        return !isFinite || double.IsFinite(number) ? number : (double?)Fail(path, value, "finite_number", "Input should be a finite number", allowed);
    }

    /// <summary>Reads a truth value.</summary>
    public bool? Boolean(JsonElement value, FieldPath path)
    {
        const string Allowed = "true, false";
        const string Sentence = "Input should be a valid boolean";
        switch (value.ValueKind)
        {
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            case JsonValueKind.Number when value.GetDouble() is 0 or 1:
                return value.GetDouble() is 1;
            case JsonValueKind.String when JsonTexts.TryRead(value, out string text) && TrueWords.Contains(text, StringComparer.OrdinalIgnoreCase):
                return true;
            case JsonValueKind.String when JsonTexts.TryRead(value, out string text) && FalseWords.Contains(text, StringComparer.OrdinalIgnoreCase):
                return false;
            case JsonValueKind.String or JsonValueKind.Number:
                return (bool?)Fail(path, value, "bool_parsing", Sentence + ", unable to interpret input", Allowed);
            default:
                return (bool?)Fail(path, value, "bool_type", Sentence, Allowed);
        }
    }

    /// <summary>Reads one of several names.</summary>
    /// <returns>The name as it stands in the list; null after an error.</returns>
    public string? Choice(JsonElement value, FieldPath path, IReadOnlyList<string> choices)
    {
        if (value.ValueKind == JsonValueKind.String && JsonTexts.TryRead(value, out string text) && FindChoice(text, choices) is { } choice)
        {
            return choice;
        }

        string expected = choices.Count == 1
            ? $"'{choices[0]}'"
            : string.Join(", ", choices.Take(choices.Count - 1).Select(name => $"'{name}'")) + $" or '{choices[^1]}'";
        return (string?)Fail(path, value, "literal_error", "Input should be " + expected, string.Join(", ", choices), new JsonObject { ["expected"] = expected });
    }

    /// <summary>The name in a list that a text stands for; null where there is none.</summary>
    public string? FindChoice(string text, IReadOnlyList<string> choices)
    {
        return profile.HasLenientChoices
            ? choices.FirstOrDefault(name => string.Equals(Normal(name), Normal(text), StringComparison.Ordinal))
            : choices.FirstOrDefault(name => string.Equals(name, text, StringComparison.Ordinal));

        static string Normal(string name) => name.Split(" (")[0].Replace('_', '-').ToLowerInvariant();
    }

    /// <summary>Reads a reference to an image.</summary>
    public ImageSource? Image(JsonElement value, FieldPath path)
    {
        const string Allowed = "an image";
        if (Text(value, path, Allowed) is not { } reference)
        {
            return null;
        }

        try
        {
            return images(path.Name, reference);
        }
        catch (FormatException exception)
        {
            return (ImageSource?)FailValue(path, value, exception.Message.TrimEnd('.'));
        }
    }

    private static string Sentence(FormattableString limit) => "Input should be " + limit.ToString(CultureInfo.InvariantCulture);

    private static bool TryParseNumber(string text, out double number)
    {
        if (text.Length <= MostDigits
            && double.TryParse(RemoveSeparators(text.Trim()), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        (bool known, number) = text.Trim().TrimStart('+').ToLowerInvariant() switch
        {
            "nan" or "-nan" => (true, double.NaN),
            "inf" or "infinity" => (true, double.PositiveInfinity),
            "-inf" or "-infinity" => (true, double.NegativeInfinity),
            _ => (false, 0.0),
        };
        return known;
    }

    /// <summary>Underscores between digits, as in 1_000; elsewhere they stay and spoil the number.</summary>
    private static string RemoveSeparators(string text)
    {
        bool separates = text.Contains('_', StringComparison.Ordinal)
            && Enumerable.Range(0, text.Length).All(i => text[i] != '_'
                || (i > 0 && i + 1 < text.Length && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1])));
        return separates ? text.Replace("_", string.Empty, StringComparison.Ordinal) : text;
    }

    private BigInteger? ParseInteger(JsonElement value, FieldPath path, string allowed)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                return value.GetBoolean() ? 1 : 0;
            case JsonValueKind.Number:
                string raw = value.GetRawText();
                if (raw.Length <= MostDigits && BigInteger.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole))
                {
                    return whole;
                }

                double number = value.GetDouble();
                return !double.IsFinite(number) ? (BigInteger?)Fail(path, value, "finite_number", "Input should be a finite number", allowed)
                    : number != Math.Floor(number) ? (BigInteger?)Fail(path, value, "int_from_float", "Input should be a valid integer, got a number with a fractional part", allowed)
                    : new BigInteger(number);
            case JsonValueKind.String:
                return JsonTexts.TryRead(value, out string text) && text.Length <= MostDigits && TryParseInteger(text, out BigInteger parsed)
                    ? parsed
                    : (BigInteger?)Fail(path, value, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", allowed);
            default:
                return (BigInteger?)Fail(path, value, "int_type", "Input should be a valid integer", allowed);
        }
    }

    private static bool TryParseInteger(string text, out BigInteger number)
    {
        string trimmed = RemoveSeparators(text.Trim());
        int point = trimmed.IndexOf('.', StringComparison.Ordinal);
        if (point > 0 && trimmed.AsSpan(point + 1).TrimEnd('0').IsEmpty)
        {
            trimmed = trimmed[..point];
        }

        return BigInteger.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }
}
