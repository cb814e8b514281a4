using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Requests;

namespace LtxEngine.Server.Work;

/// <summary>Reads the input of the endpoint; its pictures are only named, fetching them is the worker's.</summary>
internal static class InputReader
{
    private const int LongestEchoedText = 2000;

    /// <summary>Reads an input.</summary>
    /// <param name="body">Any JSON value.</param>
    /// <returns>The request, or every error in the words of the hosted endpoint.</returns>
    public static InputReading Read(JsonElement body)
    {
        Dictionary<string, string> pictures = new(StringComparer.Ordinal);
        RequestReading reading = RequestReader.Read(EndpointProfile.Profile, body, (field, reference) =>
        {
            pictures[field] = reference;
            return ImageSource.FromBytes(ReadOnlyMemory<byte>.Empty);
        });
        if (reading.Request is null)
        {
            return new InputReading { Errors = new JsonArray([.. reading.Errors.Select(Describe)]) };
        }

        return new InputReading
        {
            Request = reading.Request with { Image = null, EndImage = null },
            ImageUrl = pictures["image_url"],
            EndImageUrl = pictures.GetValueOrDefault("end_image_url"),
            IsInline = reading.Values.GetValueOrDefault(LibraryProfile.SyncMode) is true,
        };
    }

    private static JsonObject Describe(FieldError error)
    {
        JsonObject entry = new()
        {
            ["type"] = error.Type,
            ["loc"] = new JsonArray([JsonValue.Create("body"), .. error.Path.Location.Select(step => JsonValue.Create(step))]),
            ["msg"] = error.Message,
            ["input"] = Echo(error.Input),
        };
        if (error.Context is { } context)
        {
            entry["ctx"] = context.DeepClone();
        }

        return entry;
    }

    /// <summary>The value for the answer; a picture of many megabytes is not sent back.</summary>
    private static JsonNode? Echo(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= LongestEchoedText ? JsonNode.Parse(text)
            : value.ValueKind == JsonValueKind.String ? value.GetString()![..200] + "…"
            : value.ValueKind == JsonValueKind.Object ? new JsonObject()
            : null;
    }
}
