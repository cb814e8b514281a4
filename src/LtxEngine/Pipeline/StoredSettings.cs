using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;
using LtxEngine.Requests;

namespace LtxEngine.Pipeline;

/// <summary>Reads the request that a video, or the sidecar beside it, was made from.</summary>
internal sealed class StoredSettings
{
    private readonly List<StoredImageProblem> _problems = [];
    private readonly string _folder;
    private readonly JsonObject _settings;
    private readonly JsonObject? _sidecar;

    private StoredSettings(string path, JsonObject settings, JsonObject? sidecar)
    {
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _settings = settings;
        _sidecar = sidecar;
    }

    /// <summary>Reads the request.</summary>
    /// <param name="path">A video that was written by this engine, or a sidecar.</param>
    /// <param name="ffmpeg">Reads videos.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>The request; and its images that are missing or were changed, each with what stands in its place.</returns>
    /// <exception cref="MediaException">The file cannot be read or holds no settings of this engine.</exception>
    /// <exception cref="InvalidRequestException">Stored fields cannot be used.</exception>
    public static async Task<(GenerationRequest Request, IReadOnlyList<StoredImageProblem> Problems)> ReadAsync(
        string path, FfmpegOptions ffmpeg, CancellationToken cancellationToken)
    {
        bool isSidecar = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        JsonObject? settings = isSidecar
            ? await SidecarFile.ReadAsync(path, cancellationToken).ConfigureAwait(false)
            : Parse(await StoredMetadata.ReadAsync(new FfmpegTool(ffmpeg), path, cancellationToken).ConfigureAwait(false));
        if (settings?[ClipSettings.Engine] is not JsonValue || settings[ClipSettings.Request] is not JsonObject request)
        {
            throw new MediaException(MediaErrorKind.Corrupt, $"{path} holds no settings of LtxEngine. Give a video that ltx generate wrote, or the .json file beside it.");
        }

        // Only the sidecar knows the folders of images; the video itself names them without.
        string sidecarPath = SidecarFile.PathFor(path);
        JsonObject? sidecar = !isSidecar && File.Exists(sidecarPath) ? await SidecarFile.ReadAsync(sidecarPath, cancellationToken).ConfigureAwait(false) : null;
        StoredSettings stored = new(path, settings, sidecar);
        using JsonDocument body = JsonDocument.Parse(request.ToJsonString());
        RequestReading reading = RequestReader.Read(LibraryProfile.Instance, body.RootElement, stored.FindImage);
        return (reading.Require(), stored._problems);
    }

    private static JsonObject? Parse(IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            return metadata.TryGetValue(ClipSettings.MetadataKey, out string? text) ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (JsonException)
        {
            // Somebody else's comment.
            return null;
        }
    }

    private static IEnumerable<(string Image, string Hash)> Images(JsonObject? settings)
    {
        foreach (JsonNode? item in settings?[ClipSettings.Images] as JsonArray ?? [])
        {
            if (item is JsonObject entry && entry["image"] is JsonValue image && entry["sha256"] is JsonValue hash
                && image.TryGetValue(out string? name) && hash.TryGetValue(out string? value))
            {
                yield return (name, value);
            }
        }
    }

    private ImageSource FindImage(string field, string reference)
    {
        string? expected = Images(_settings).Where(image => string.Equals(image.Image, reference, StringComparison.Ordinal)).Select(image => image.Hash).FirstOrDefault();
        string[] candidates =
        [
            Path.GetFullPath(reference),
            Path.Combine(_folder, Path.GetFileName(reference)),
            .. Images(_sidecar).Where(image => string.Equals(image.Hash, expected, StringComparison.Ordinal)).Select(image => image.Image),
        ];
        string? changed = null;
        foreach (string candidate in candidates.Where(File.Exists))
        {
            if (expected is null || string.Equals(Hash(candidate), expected, StringComparison.OrdinalIgnoreCase))
            {
                return ImageSource.FromFile(candidate);
            }

            changed ??= candidate;
        }

        ImageSource placeholder = ImageSource.FromBytes(ReadOnlyMemory<byte>.Empty);
        _problems.Add(new StoredImageProblem(placeholder, changed is null
            ? new RequestError(field, $"\"{reference}\"", "the picture that the clip was made from, which is missing; give it again")
            : new RequestError(field, $"\"{changed}\"", $"the picture that the clip was made from (SHA-256 {expected}); this file was changed since, so give the picture again")));
        return placeholder;
    }

    private static string? Hash(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is not the picture.
            return null;
        }
    }
}
