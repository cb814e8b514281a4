using System.Text.Json.Nodes;

namespace LtxEngine.Server.Pictures;

/// <summary>A picture could not be had. The message is for the caller: it says nothing of what an address answered.</summary>
/// <param name="type">Machine-readable word of the hosted endpoint.</param>
/// <param name="message">The text.</param>
internal sealed class PictureException(string type, string message) : Exception(message)
{
    /// <summary>What callers are told of a picture that cannot be decoded.</summary>
    public const string NotLoadableMessage = "Failed to load the image. Please ensure the image file is not corrupted and is in a supported format.";

    /// <summary>Machine-readable word of the hosted endpoint.</summary>
    public string Type { get; } = type;

    /// <summary>Limits; null for none.</summary>
    public JsonObject? Context { get; init; }

    /// <summary>What really happened, for the log.</summary>
    public string? Reason { get; init; }

    /// <summary>The address is refused, does not answer, or answers with something else than a file.</summary>
    /// <param name="reason">What really happened, for the log.</param>
    public static PictureException Download(string reason) =>
        new("file_download_error", "Failed to download the file. Please check if the URL is accessible and try again.") { Reason = reason };

    /// <summary>There is a file, but no picture can be made of it.</summary>
    /// <param name="reason">What really happened, for the log.</param>
    public static PictureException NotLoadable(string reason) =>
        new("image_load_error", NotLoadableMessage) { Reason = reason };

    /// <summary>The file is no picture, or one of a format that is not read.</summary>
    /// <param name="formats">Endings of the formats that are read.</param>
    /// <param name="reason">What really happened, for the log.</param>
    public static PictureException UnsupportedFormat(IEnumerable<string> formats, string reason) =>
        new("unsupported_image_format", "The image has a format that is not supported.") { Context = new JsonObject { ["supported_formats"] = new JsonArray([.. formats.Select(f => (JsonNode)f)]) }, Reason = reason };

    /// <summary>A side of the picture is too short.</summary>
    /// <param name="side">The shortest allowed side in pixels.</param>
    public static PictureException TooSmallSides(int side) =>
        new("image_too_small", $"The image is too small: each side must have at least {side} pixels.") { Context = new JsonObject { ["min_height"] = side, ["min_width"] = side } };

    /// <summary>A side of the picture is too long.</summary>
    /// <param name="side">The longest allowed side in pixels.</param>
    public static PictureException TooLargeSides(int side) =>
        new("image_too_large", $"The image is too large: each side may have at most {side} pixels.") { Context = new JsonObject { ["max_height"] = side, ["max_width"] = side } };

    /// <summary>There are more bytes than allowed.</summary>
    /// <param name="limit">The largest allowed number.</param>
    public static PictureException TooLarge(long limit) =>
        new("file_too_large", "The file is too large.") { Context = new JsonObject { ["max_size"] = limit } };
}
