using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>A size as requests write it: <c>auto</c>, a name, or width and height.</summary>
/// <param name="Width">Width in pixels; null where the picture decides.</param>
/// <param name="Height">Height in pixels; null where the picture decides.</param>
internal sealed record VideoSize(int? Width, int? Height)
{
    /// <summary>The aspect ratio of the picture.</summary>
    public const string AutoName = "auto";

    /// <summary>What the hosted endpoint takes for a side that an object leaves out.</summary>
    private const int DefaultSide = 512;

    private const string Allowed = "auto, a name (square_hd, …), or {\"width\": …, \"height\": …}";

    private static readonly (string Name, int Width, int Height)[] Presets =
    [
        ("square_hd", 1024, 1024),
        ("square", 512, 512),
        ("portrait_4_3", 768, 1024),
        ("portrait_16_9", 576, 1024),
        ("landscape_4_3", 1024, 768),
        ("landscape_16_9", 1024, 576),
    ];

    /// <summary>The names that a size may have.</summary>
    public static IReadOnlyList<string> Names { get; } = [AutoName, .. Presets.Select(preset => preset.Name)];

    /// <summary>Whether the picture decides.</summary>
    public bool IsAuto => Width is null;

    /// <summary>Reads a size.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">Its place.</param>
    /// <param name="reader">Collects errors.</param>
    /// <param name="maximum">Longest side in pixels.</param>
    /// <returns>The size; null after an error.</returns>
    public static VideoSize? Read(JsonElement value, FieldPath path, FieldReader reader, int maximum)
    {
        JsonElement unfolded = reader.RefusesUnknownMembers ? FieldReader.Unfold(value) : value;
        string literal = $"literal[{string.Join(',', Names.Select(name => $"'{name}'"))}]";
        if (unfolded.ValueKind == JsonValueKind.String)
        {
            return reader.RefusesUnknownMembers && ReadPair(unfolded, path, reader, maximum) is { } pair
                ? pair
                : reader.Choice(unfolded, path.Branch(literal), Names) is { } name ? Named(name) : null;
        }

        FieldPath branch = path.Branch("ImageSize");
        if (!reader.IsObject(unfolded, branch, "width", "height"))
        {
            // Neither branch fits what is no object and no text, so both are reported.
            if (unfolded.ValueKind != JsonValueKind.Object)
            {
                reader.Choice(unfolded, path.Branch(literal), Names);
            }

            return null;
        }

        int? width = ReadSide("width");
        int? height = ReadSide("height");
        return width is null || height is null ? null : new VideoSize(width, height);

        int? ReadSide(string name) => JsonTexts.TryGetMember(unfolded, name, out JsonElement side)
            ? (int?)reader.Integer(side, branch.Member(name), $"1 … {maximum} pixels", maximum: maximum, above: 0)
            : DefaultSide;
    }

    /// <summary>Writes the size of a request.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The size; null where the model folder decides.</returns>
    public static JsonNode? Write(GenerationRequest request) =>
        request.SizeFromImage ? JsonValue.Create(AutoName)
        : request.Width is { } width && request.Height is { } height ? new JsonObject { ["width"] = width, ["height"] = height }
        : null;

    private static VideoSize Named(string name)
    {
        (_, int width, int height) = Presets.FirstOrDefault(preset => string.Equals(preset.Name, name, StringComparison.Ordinal));
        return width == 0 ? new VideoSize(null, null) : new VideoSize(width, height);
    }

    /// <summary>Width and height as one text, <c>1280x704</c>.</summary>
    private static VideoSize? ReadPair(JsonElement value, FieldPath path, FieldReader reader, int maximum)
    {
        if (!JsonTexts.TryRead(value, out string text))
        {
            return null;
        }

        string[] sides = text.Split(['x', 'X', '×'], StringSplitOptions.TrimEntries);
        return sides.Length == 2 && TryParse(sides[0], out int width) && TryParse(sides[1], out int height) ? new VideoSize(width, height) : null;

        bool TryParse(string side, out int pixels) =>
            int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out pixels) && pixels >= 1 && pixels <= maximum;
    }
}
