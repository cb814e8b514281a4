using System.Text.Json.Nodes;

namespace LtxEngine.Server.Pictures;

/// <summary>A picture could not be had. The message is for the caller: it says nothing of what an address answered.</summary>
/// <param name="type">Machine-readable word of the hosted endpoint.</param>
/// <param name="message">The text.</param>
internal sealed class PictureException(string type, string message) : Exception(message)
{
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

    /// <summary>There are more bytes than allowed.</summary>
    /// <param name="limit">The largest allowed number.</param>
    public static PictureException TooLarge(long limit) =>
        new("file_too_large", "The file is too large.") { Context = new JsonObject { ["max_size"] = limit } };
}
