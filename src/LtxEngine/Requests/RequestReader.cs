using System.Text.Json;

namespace LtxEngine.Requests;

/// <summary>Reads requests that come as data: JSON of a server or a batch, cells of a table, flags.</summary>
internal static class RequestReader
{
    /// <summary>
    /// Reads a request. Every value that cannot be used is reported, in the order of the profile's fields; then, where the profile refuses
    /// them, unknown fields. What only a model can decide (its blocks, its camera LoRAs) is left to the plan.
    /// </summary>
    /// <param name="profile">The fields with their limits and defaults.</param>
    /// <param name="body">The request, an object.</param>
    /// <param name="images">Turns field name and reference into an image; throws <see cref="FormatException"/>, whose message says what is allowed, for references that it does not take. Null takes files and data addresses.</param>
    /// <param name="from">A request whose values stay where the body says nothing; null takes the profile's defaults there.</param>
    public static RequestReading Read(RequestProfile profile, JsonElement body, Func<string, string, ImageSource>? images = null, GenerationRequest? from = null)
    {
        FieldReader reader = new(profile, images ?? ((_, reference) => ImageReference.Parse(reference)));
        if (body.ValueKind != JsonValueKind.Object)
        {
            reader.Fail(
                new FieldPath("request", []), body, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", "an object of fields");
            return new RequestReading { Errors = reader.Errors };
        }

        GenerationRequest request = from ?? new() { Prompt = string.Empty };
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        foreach (RequestField field in profile.Fields)
        {
            if (ReadField(field, body, reader, isOptional: from is not null) is { } value)
            {
                values.Add(field.Name, value);
                request = field.Apply(request, value);
            }
        }

        if (profile.RefusesUnknownFields)
        {
            CheckContradictions(body, values, reader);
            CheckUnknown(profile, body, reader);
        }

        return new RequestReading { Request = reader.Errors.Count == 0 ? request : null, Errors = reader.Errors, Values = values };
    }

    /// <summary>Reads a request whose values are all texts, such as the cells of a table's row; empty ones count as left out.</summary>
    /// <param name="profile">The fields with their limits and defaults.</param>
    /// <param name="texts">Field name and text.</param>
    /// <param name="images">As for <see cref="Read(RequestProfile, JsonElement, Func{string, string, ImageSource}?, GenerationRequest?)"/>.</param>
    public static RequestReading Read(RequestProfile profile, IEnumerable<KeyValuePair<string, string>> texts, Func<string, string, ImageSource>? images = null)
    {
        Dictionary<string, string> given = new(StringComparer.Ordinal);
        foreach ((string name, string text) in texts.Where(pair => pair.Value.Length > 0))
        {
            given[name] = text;
        }

        return Read(profile, JsonSerializer.SerializeToElement(given), images);
    }

    private static object? ReadField(RequestField field, JsonElement body, FieldReader reader, bool isOptional)
    {
        JsonElement? given = Find(field, body);
        if (given is { ValueKind: JsonValueKind.Null } && field.AllowsNull)
        {
            given = null;
        }

        if (given is { } value)
        {
            return reader.Read(field, value);
        }

        return isOptional ? null
            : field.IsRequired ? reader.Fail(FieldPath.Of(field.Name), body, FieldReader.Missing, "Field required", field.Allowed)
            : field.Default is { } standard ? reader.Read(field, standard)
            : null;
    }

    private static JsonElement? Find(RequestField field, JsonElement body)
    {
        foreach (string name in (IEnumerable<string>)[field.Name, .. field.Aliases])
        {
            if (JsonTexts.TryGetMember(body, name, out JsonElement value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The size can be said in two ways; saying it in both leaves open which one counts.</summary>
    private static void CheckContradictions(JsonElement body, Dictionary<string, object> values, FieldReader reader)
    {
        if (values.TryGetValue("size_from_image", out object? follows) && follows is true && (values.ContainsKey("width") || values.ContainsKey("height")))
        {
            reader.FailValue(FieldPath.Of("size_from_image"), FieldReader.Member(body, "size_from_image")!.Value, "false beside width and height, which say the size");
        }

        if (FieldReader.Member(body, "video_size") is { } size
            && (FieldReader.Member(body, "width") ?? FieldReader.Member(body, "height") ?? FieldReader.Member(body, "size_from_image")) is not null)
        {
            reader.FailValue(FieldPath.Of("video_size"), size, "null beside width, height and size_from_image, which say the same");
        }
    }

    private static void CheckUnknown(RequestProfile profile, JsonElement body, FieldReader reader)
    {
        const int MostReported = 20;
        HashSet<string> known = new(profile.Fields.SelectMany(field => (IEnumerable<string>)[field.Name, .. field.Aliases]), StringComparer.Ordinal);
        int reported = 0;
        foreach (JsonProperty member in body.EnumerateObject())
        {
            string name = JsonTexts.NameOf(member) ?? "?";
            if (known.Contains(name) || reported++ >= MostReported)
            {
                continue;
            }

            string allowed = NearestName.Find(name, known) is { } nearest ? $"no such field; {nearest} may be meant" : "no such field; docs/requests.md lists them all";
            reader.Fail(FieldPath.Of(name.Length > 64 ? name[..63] + "…" : name), member.Value, "extra_forbidden", "Extra inputs are not permitted", allowed);
        }
    }
}
