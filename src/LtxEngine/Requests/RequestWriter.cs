using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>Writes requests as data, so that <see cref="RequestReader"/> gives the same request again.</summary>
internal static class RequestWriter
{
    /// <summary>
    /// Writes every field that says what the clip is and is set. A sampler, schedule or guider of a program's own appears by the name of its
    /// type, which reading refuses: such a clip cannot be made again from data alone.
    /// </summary>
    /// <param name="request">The request, which need not be a valid one.</param>
    /// <param name="profile">The fields; null for the library's.</param>
    /// <param name="describe">Text of an image; null writes the full path of a file, and for every other image what messages call it.</param>
    public static JsonObject Write(GenerationRequest request, RequestProfile? profile = null, Func<ImageSource, string>? describe = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        JsonObject fields = [];
        foreach (RequestField field in (profile ?? LibraryProfile.Instance).Fields.Where(field => !field.IsRunOption))
        {
            if (field.Store(request, describe ?? ImageReference.Describe) is { } value)
            {
                fields[field.Name] = value;
            }
        }

        if (request.Guider is { } guider)
        {
            fields["guider"] = guider.GetType().FullName;
        }

        return fields;
    }
}
