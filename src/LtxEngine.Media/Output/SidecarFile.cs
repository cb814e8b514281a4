using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LtxEngine.Media.Output;

/// <summary>A JSON file beside a video that holds all its settings: <c>clip.mp4.json</c> for <c>clip.mp4</c>.</summary>
internal static class SidecarFile
{
    private const long MaxLength = 64 * 1024 * 1024;

    // Not for HTML: prompts in any language stay readable.
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name of a video's sidecar. The whole name is kept, so that <c>clip.mp4</c> and <c>clip.gif</c> have their own.</summary>
    /// <param name="mediaPath">The video.</param>
    /// <returns>The path with <c>.json</c> after it.</returns>
    public static string PathFor(string mediaPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(mediaPath);
        return mediaPath + ".json";
    }

    /// <summary>Writes the sidecar of a video under a temporary name.</summary>
    /// <param name="mediaPath">The video; its folder must exist.</param>
    /// <param name="content">What is stored.</param>
    /// <param name="overwrite">Whether an existing sidecar may be replaced.</param>
    /// <param name="cancellationToken">Stops and removes what was written.</param>
    /// <returns>The written file; <see cref="OutputFile.Commit"/> gives it its name.</returns>
    /// <exception cref="MediaException">The sidecar exists and must stay, or cannot be written.</exception>
    public static async Task<OutputFile> WriteAsync(string mediaPath, JsonObject content, bool overwrite, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        OutputFile output = new(PathFor(mediaPath), overwrite);
        byte[] text = Encoding.UTF8.GetBytes(content.ToJsonString(Readable) + "\n");
        try
        {
            await File.WriteAllBytesAsync(output.TemporaryPath, text, cancellationToken).ConfigureAwait(false);
            return output;
        }
        catch (Exception exception)
        {
            output.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);
            }

            throw;
        }
    }

    /// <summary>Reads a sidecar.</summary>
    /// <param name="path">The JSON file itself.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>What is stored.</returns>
    /// <exception cref="MediaException">The file is missing, too large, or no JSON object.</exception>
    public static async Task<JsonObject> ReadAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            if (new FileInfo(path).Length > MaxLength)
            {
                throw new MediaException(MediaErrorKind.TooLarge, $"Cannot read {path}: it has more than {MaxLength} bytes.");
            }

            byte[] text = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            return JsonNode.Parse(text) as JsonObject
                ?? throw new MediaException(MediaErrorKind.Corrupt, $"Cannot read {path}: it must be a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new MediaException(MediaErrorKind.Corrupt, $"Cannot read {path}: it is no JSON ({exception.Message})", innerException: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.Unreadable, $"Cannot read {path}: {exception.Message}", innerException: exception);
        }
    }
}
