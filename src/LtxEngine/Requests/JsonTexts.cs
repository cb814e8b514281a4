using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace LtxEngine.Requests;

/// <summary>Texts in JSON that come from strangers.</summary>
internal static class JsonTexts
{
    /// <summary>Reads a text; JSON can hold half a surrogate pair, which is none.</summary>
    /// <param name="value">A value of kind string.</param>
    /// <param name="text">The text.</param>
    public static bool TryRead(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = string.Empty;
            return false;
        }
    }

    /// <summary>The member's name; null where it is no text.</summary>
    /// <param name="member">A member of an object.</param>
    public static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Finds a member of an object, also of one with names that are no text.</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">The member's name.</param>
    /// <param name="member">The value; where a name occurs several times the last one.</param>
    public static bool TryGetMember(JsonElement value, string name, out JsonElement member)
    {
        try
        {
            return value.TryGetProperty(name, out member);
        }
        catch (InvalidOperationException)
        {
            (bool found, member) = (false, default);
            foreach (JsonProperty property in value.EnumerateObject().Where(property => string.Equals(NameOf(property), name, StringComparison.Ordinal)))
            {
                (found, member) = (true, property.Value);
            }

            return found;
        }
    }

    /// <summary>Parses a text that holds a list or an object.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">What it holds.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonElement? value)
    {
        value = null;
        string start = text.TrimStart();
        if (!start.StartsWith('[') && !start.StartsWith('{'))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            value = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
