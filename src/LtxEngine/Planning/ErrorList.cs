using System.Globalization;
using System.Text.Json;
using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <summary>Collects every field of a request that cannot be used.</summary>
internal sealed class ErrorList
{
    private const int LongestValue = 60;
    private readonly List<RequestError> _errors = [];

    /// <summary>Whether a field is among the errors.</summary>
    /// <param name="field">The field's name.</param>
    public bool Has(string field) => _errors.Exists(e => string.Equals(e.Field, field, StringComparison.Ordinal));

    /// <summary>Whether a single parameter of guidance is among the errors.</summary>
    public bool HasGuidance => _errors.Exists(e => GuidanceChanges.Fields.Contains(e.Field, StringComparer.Ordinal));

    /// <summary>Adds an error unless the condition holds.</summary>
    /// <param name="holds">Whether the value can be used.</param>
    /// <param name="field">The field's name, snake case.</param>
    /// <param name="value">The value.</param>
    /// <param name="allowed">What is allowed.</param>
    /// <returns><paramref name="holds"/>.</returns>
    public bool Require(bool holds, string field, object? value, string allowed)
    {
        if (!holds)
        {
            _errors.Add(new RequestError(field, Text(value), allowed));
        }

        return holds;
    }

    /// <summary>Reports all errors at once, if there are any.</summary>
    /// <exception cref="InvalidRequestException">There is an error.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new InvalidRequestException(_errors);
        }
    }

    /// <summary>A value as messages show it: texts in quotes, long ones shortened.</summary>
    /// <param name="value">The value.</param>
    internal static string Text(object? value)
    {
        string text = value switch
        {
            null => "null",
            string s => $"\"{s}\"",
            JsonElement { ValueKind: JsonValueKind.String } json when JsonTexts.TryRead(json, out string s) => $"\"{s}\"",
            JsonElement json => json.GetRawText(),
            IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "null",
        };
        return text.Length <= LongestValue ? text : text[..(LongestValue - 1)] + "…";
    }
}
