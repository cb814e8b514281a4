using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>LoRAs in requests: <c>FILE</c>, <c>FILE:STRENGTH</c>, or <c>{"path": …, "strength": …}</c>.</summary>
internal static class LoraValue
{
    /// <summary>What is allowed, for people.</summary>
    public const string Allowed = "a list of FILE, FILE:STRENGTH or {\"path\": FILE, \"strength\": X}";

    /// <summary>Reads a list.</summary>
    public static IReadOnlyList<LoraUse>? ReadList(JsonElement value, FieldPath path, FieldReader reader) =>
        reader.List(value, path, Allowed, (item, place) => Read(item, place, reader)) is { } items ? [.. items.Cast<LoraUse>()] : null;

    /// <summary>Writes a list; null for an empty one.</summary>
    public static JsonNode? Write(IReadOnlyList<LoraUse>? loras) => loras is null or { Count: 0 }
        ? null
        : new JsonArray([.. loras.Select(lora => (JsonNode)new JsonObject { ["path"] = lora.Path, ["strength"] = JsonNumbers.Write(lora.Strength) })]);

    /// <summary>Reads <c>FILE</c> or <c>FILE:STRENGTH</c>; a text behind the last colon that is no number belongs to the file's name.</summary>
    public static LoraUse Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && double.TryParse(text[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double strength)
            ? new LoraUse(text[..colon], strength)
            : new LoraUse(text);
    }

    private static LoraUse? Read(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return reader.Text(value, path, Allowed) is { } text ? Parse(text) : null;
        }

        if (!reader.IsObject(value, path, "path", "strength"))
        {
            return null;
        }

        const string AllowedFile = "a LoRA file";
        string? file = JsonTexts.TryGetMember(value, "path", out JsonElement given)
            ? reader.Text(given, path.Member("path"), AllowedFile)
            : (string?)reader.Fail(path.Member("path"), value, FieldReader.Missing, "Field required", AllowedFile);
        double? strength = FieldReader.Member(value, "strength") is { } factor ? reader.Number(factor, path.Member("strength"), "a finite number") : 1;
        return file is null || strength is null ? null : new LoraUse(file, strength.Value);
    }
}
