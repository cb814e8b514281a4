using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Planning;
using LtxEngine.Server.Http;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Pictures;

namespace LtxEngine.Server.Work;

/// <summary>The ways in which a job ends.</summary>
internal static class JobOutcomes
{
    private const string DocumentationUrl = "https://docs.fal.ai/errors#";

    /// <summary>Somebody cancelled it, or the caller of a synchronous run is gone.</summary>
    public static JobOutcome Cancelled { get; } = Platform(499, "Request was cancelled", "client_cancelled");

    /// <summary>It had not started in the time that the caller allowed.</summary>
    public static JobOutcome StartTimedOut { get; } = Platform(504, "Request timed out", "request_timeout") with { TimeoutType = "user" };

    /// <summary>The server ended while it ran, more than once. Not one of the codes that clients repeat.</summary>
    public static JobOutcome Crashed { get; } = Platform(500, "The server stopped while it ran the request", "runner_server_error");

    /// <summary>A clip was made.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="fileId">Where it is kept.</param>
    /// <param name="fileSize">Its size in bytes.</param>
    /// <param name="isInline">Whether the answer holds it.</param>
    public static JobOutcome Done(GeneratedClip clip, string fileId, long fileSize, bool isInline)
    {
        JsonObject body = new()
        {
            ["video"] = new JsonObject
            {
                ["url"] = null,
                ["content_type"] = clip.ContentType,
                ["file_name"] = Path.GetFileName(clip.Path),
                ["file_size"] = fileSize,
                ["width"] = clip.Width,
                ["height"] = clip.Height,
                ["fps"] = clip.Fps,
                ["duration"] = Math.Round(clip.Duration.TotalSeconds, 3),
                ["num_frames"] = clip.NumFrames,
            },
            ["seed"] = clip.Seed,
            ["prompt"] = clip.Prompt,
        };
        return new JobOutcome
        {
            StatusCode = 200,
            Body = body.ToJsonString(JsonAnswer.Options),
            OutputFileId = fileId,
            IsInline = isInline,
            BillableUnits = ClipPrice.Units(clip.Width, clip.Height, clip.NumFrames).ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The input was refused.</summary>
    /// <param name="errors">The entries of <c>detail</c>.</param>
    public static JobOutcome Refused(JsonArray errors) => new()
    {
        StatusCode = 422,
        Body = new JsonObject { ["detail"] = errors }.ToJsonString(JsonAnswer.Options),
        BillableUnits = "0",
    };

    /// <summary>The input asks for something that this server, its model or the picture does not allow.</summary>
    /// <param name="exception">Every field.</param>
    /// <param name="input">The input.</param>
    public static JobOutcome Refused(InvalidRequestException exception, JsonElement input)
    {
        JsonArray entries = [];
        foreach (RequestError error in exception.Errors)
        {
            string field = FieldOf(error.Field);
            bool isImage = error.ImageError is not null;
            string type = isImage ? "image_load_error" : "feature_not_supported";
            entries.Add(Entry(
                type,
                field,
                isImage ? PictureException.NotLoadableMessage : $"This server cannot do it; allowed: {PathRedaction.Apply(error.Allowed)}.",
                input.TryGetProperty(field, out JsonElement value) ? PictureInput(value) : null));
        }

        return Refused(entries);
    }

    /// <summary>The safety checker refused the input or the clip. Why is not told, as on the hosted endpoint: it would help to get around it.</summary>
    /// <param name="exception">What was refused.</param>
    /// <param name="input">The input.</param>
    public static JobOutcome Refused(SafetyException exception, JsonElement input)
    {
        string field = FieldOf(exception.Field);
        JsonObject entry = Entry("content_policy_violation", field, "The content could not be processed because it contained material flagged by a content checker.", input: null);
        if (exception.Frame is null && input.TryGetProperty(field, out JsonElement value))
        {
            entry["input"] = new JsonObject { [field] = PictureInput(value) };
        }
        else
        {
            // A frame of the clip, or a default that the caller did not write.
            entry["loc"] = new JsonArray("body");
            entry["input"] = new JsonObject { ["prompt"] = input.TryGetProperty("prompt", out JsonElement prompt) ? JsonNode.Parse(prompt.GetRawText()) : null };
        }

        return Refused([entry]);
    }

    /// <summary>A picture could not be had.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="field">The field that named it.</param>
    /// <param name="url">Its address.</param>
    public static JobOutcome Refused(PictureException exception, string field, string url)
    {
        JsonObject entry = Entry(exception.Type, field, exception.Message, Shorten(url));
        if (exception.Context is { } context)
        {
            entry["ctx"] = context.DeepClone();
        }

        return Refused([entry]);
    }

    /// <summary>Something failed that the caller cannot change; says nothing of the inside.</summary>
    /// <param name="input">The input, for the answer.</param>
    public static JobOutcome Failed(JsonElement input)
    {
        JsonObject entry = new()
        {
            ["loc"] = new JsonArray("body"),
            ["msg"] = "Internal server error",
            ["type"] = "internal_server_error",
            ["url"] = DocumentationUrl + "internal_server_error",
            ["input"] = input.ValueKind == JsonValueKind.Object && input.GetRawText().Length < 10_000 ? JsonNode.Parse(input.GetRawText()) : null,
        };
        return new JobOutcome { StatusCode = 500, Body = new JsonObject { ["detail"] = new JsonArray(entry) }.ToJsonString(JsonAnswer.Options) };
    }

    private static JobOutcome Platform(int statusCode, string detail, string errorType) => new()
    {
        StatusCode = statusCode,
        Body = ApiErrors.TextBody(detail, errorType).ToJsonString(JsonAnswer.Options),
        Error = detail,
        ErrorType = errorType,
    };

    private static JsonObject Entry(string type, string field, string message, JsonNode? input) => new()
    {
        ["loc"] = new JsonArray("body", field),
        ["msg"] = message,
        ["type"] = type,
        ["url"] = DocumentationUrl + type,
        ["input"] = input,
    };

    private static JsonNode? PictureInput(JsonElement value) => value.ValueKind == JsonValueKind.String ? Shorten(value.GetString()!) : JsonNode.Parse(value.GetRawText());

    /// <summary>A data URI of many megabytes helps nobody in an error.</summary>
    private static string Shorten(string url) => url.Length <= 2000 ? url : url[..200] + "…";

    /// <summary>The endpoint's name of an engine's field.</summary>
    private static string FieldOf(string field) => field switch
    {
        "image" => "image_url",
        "end_image" => "end_image_url",
        "width" or "height" => "video_size",
        _ => field,
    };
}
