using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>Images at frames in requests: <c>FRAME=IMAGE</c>, <c>FRAME@STRENGTH=IMAGE</c>, or <c>{"frame": …, "image": …, "strength": …}</c>.</summary>
internal static class FrameImageValue
{
    /// <summary>What is allowed, for people.</summary>
    public const string Allowed = "a list of FRAME=IMAGE, FRAME@STRENGTH=IMAGE (24@0.8=middle.png) or {\"frame\": N, \"image\": IMAGE, \"strength\": X}";

    /// <summary>Reads a list.</summary>
    public static IReadOnlyList<FrameImage>? ReadList(JsonElement value, FieldPath path, FieldReader reader) =>
        reader.List(value, path, Allowed, (item, place) => Read(item, place, reader)) is { } items ? [.. items.Cast<FrameImage>()] : null;

    /// <summary>Writes a list; null for an empty one.</summary>
    public static JsonNode? Write(IReadOnlyList<FrameImage>? images, Func<ImageSource, string> describe) => images is null or { Count: 0 }
        ? null
        : new JsonArray(
        [
            .. images.Select(image => (JsonNode)new JsonObject
            {
                ["frame"] = image.Frame,
                ["image"] = describe(image.Image),
                ["strength"] = JsonNumbers.Write(image.Strength),
            }),
        ]);

    private static FrameImage? Read(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return ReadText(value, path, reader);
        }

        if (!reader.IsObject(value, path, "frame", "image", "strength"))
        {
            return null;
        }

        int? frame = (int?)(Required("frame", "a frame of the clip, from 0") is { } number
            ? reader.Integer(number, path.Member("frame"), "a frame of the clip, from 0", minimum: 0, maximum: int.MaxValue)
            : null);
        ImageSource? image = Required("image", "an image") is { } reference ? reader.Image(reference, path.Member("image")) : null;
        double? strength = FieldReader.Member(value, "strength") is { } given ? reader.Number(given, path.Member("strength"), "0 … 1", 0, 1) : 1;
        return frame is null || image is null || strength is null ? null : new FrameImage(image, frame.Value, strength.Value);

        JsonElement? Required(string member, string allowed) => JsonTexts.TryGetMember(value, member, out JsonElement found)
            ? found
            : (JsonElement?)reader.Fail(path.Member(member), value, FieldReader.Missing, "Field required", allowed);
    }

    private static FrameImage? ReadText(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (reader.Text(value, path, Allowed) is not { } text)
        {
            return null;
        }

        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] place = equals < 1 ? [] : text[..equals].Split('@');
        double strength = 1;
        if (place.Length is 1 or 2
            && !string.IsNullOrWhiteSpace(text[(equals + 1)..])
            && int.TryParse(place[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int frame)
            && (place.Length == 1 || double.TryParse(place[1], NumberStyles.Float, CultureInfo.InvariantCulture, out strength)))
        {
            return reader.Image(JsonSerializer.SerializeToElement(text[(equals + 1)..]), path) is { } image ? new FrameImage(image, frame, strength) : null;
        }

        return (FrameImage?)reader.FailValue(path, value, "FRAME=FILE or FRAME@STRENGTH=FILE, for example 24@0.8=middle.png");
    }
}
