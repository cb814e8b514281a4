using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>The endpoint's fields by the names that the library has for them.</summary>
internal static class EndpointFields
{
    /// <summary>Makes a body for the endpoint.</summary>
    /// <param name="fields">Fields by the names of the library.</param>
    /// <returns>The body, and the fields that the endpoint does not have.</returns>
    public static (JsonObject Body, IReadOnlyList<string> Unknown) FromLibrary(JsonObject fields)
    {
        JsonObject body = [];
        List<string> unknown = [];
        foreach ((string name, JsonNode? value) in fields)
        {
            string own = name is "image" or "end_image" ? name + "_url" : name;
            if (EndpointProfile.Profile.Fields.Any(field => string.Equals(field.Name, own, StringComparison.Ordinal)))
            {
                body[own] = value?.DeepClone();
            }
            else if (name is "width" or "height" && !fields.ContainsKey("video_size"))
            {
                JsonObject size = body["video_size"] as JsonObject ?? [];
                size[name] = value?.DeepClone();
                body["video_size"] = size;
            }
            else if (name is not "size_from_image")
            {
                unknown.Add(name);
            }
        }

        return (body, unknown);
    }
}
