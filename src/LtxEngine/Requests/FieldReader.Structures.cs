using System.Text.Json;

namespace LtxEngine.Requests;

/// <content>What structured fields are put together from.</content>
internal sealed partial class FieldReader
{
    /// <summary>Separates items where a list is written as one text, as in a table's cell.</summary>
    private const char ItemSeparator = '|';

    /// <summary>A list that is wrong from end to end need not be reported from end to end.</summary>
    private const int MostErrorsInList = 20;

    /// <summary>Checks that a value is an object with known members.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its place.</param>
    /// <param name="members">The members that it may have.</param>
    public bool IsObject(JsonElement value, FieldPath path, params ReadOnlySpan<string> members)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Fail(
                path,
                value,
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
                "an object with " + string.Join(", ", members!));
            return false;
        }

        if (!RefusesUnknownMembers)
        {
            return true;
        }

        bool allKnown = true;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (JsonTexts.NameOf(member) is not { } name || !members.Contains(name))
            {
                allKnown = false;
                Fail(path.Member(JsonTexts.NameOf(member) ?? "?"), member.Value, "extra_forbidden", "Extra inputs are not permitted", string.Join(", ", members!));
            }
        }

        return allKnown;
    }

    /// <summary>A member of an object, where it is there and not null.</summary>
    public static JsonElement? Member(JsonElement value, string name) =>
        JsonTexts.TryGetMember(value, name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>A text that holds a structure stands for it; every other value for itself.</summary>
    public static JsonElement Unfold(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && JsonTexts.TryRead(value, out string text) && JsonTexts.TryParse(text, out JsonElement? parsed) ? parsed.Value : value;

    /// <summary>Reads a list: an array, one item alone, or a text with items between separators.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its place.</param>
    /// <param name="allowed">What is allowed.</param>
    /// <param name="readItem">Reads an item; null after an error.</param>
    /// <param name="separator">What stands between items in a text.</param>
    /// <returns>The items; null after an error.</returns>
    public IReadOnlyList<object>? List(
        JsonElement value, FieldPath path, string allowed, Func<JsonElement, FieldPath, object?> readItem, char separator = ItemSeparator)
    {
        JsonElement list = Unfold(value);
        if (list.ValueKind == JsonValueKind.String && JsonTexts.TryRead(list, out string text))
        {
            list = JsonSerializer.SerializeToElement(text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        if (list.ValueKind == JsonValueKind.Object)
        {
            return readItem(list, path.Item(0)) is { } single ? [single] : null;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Fail(path, value, "list_type", "Input should be a valid list", allowed);
            return null;
        }

        int errorsBefore = _errors.Count;
        List<object> items = [];
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (readItem(item, path.Item(index++)) is { } read)
            {
                items.Add(read);
            }
            else if (_errors.Count - errorsBefore >= MostErrorsInList)
            {
                break;
            }
        }

        return _errors.Count == errorsBefore ? items : null;
    }
}
