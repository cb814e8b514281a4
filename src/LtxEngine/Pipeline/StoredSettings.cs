using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;
using LtxEngine.Pipeline.Resume;
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
    /// <returns>The request, and what it came from.</returns>
    /// <exception cref="MediaException">The file cannot be read or holds no settings of this engine.</exception>
    /// <exception cref="InvalidRequestException">Stored fields cannot be used.</exception>
    public static async Task<StoredClip> ReadAsync(string path, FfmpegOptions ffmpeg, CancellationToken cancellationToken)
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
        GenerationRequest read = reading.Require();
        return new StoredClip(
            read with { Loras = [.. read.Loras.Select(lora => lora with { Path = stored.FindLora(lora.Path) })] },
            stored._problems,
            ReadModel(settings),
            Files(settings, ClipSettings.Loras, "file", ClipSettings.Fingerprint).DistinctBy(lora => Path.GetFileName(lora.Name)).ToDictionary(lora => Path.GetFileName(lora.Name), lora => lora.Hash, StringComparer.Ordinal));
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

    private static ModelOrigin? ReadModel(JsonObject settings) =>
        settings[ClipSettings.Model] is JsonObject model && Text(model, "name") is { } name && Text(model, "checkpoint") is { } checkpoint && Text(model, ClipSettings.Fingerprint) is { } fingerprint
            ? new ModelOrigin(name, checkpoint, fingerprint)
            : null;

    private static string? Text(JsonObject entry, string name) => entry[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static IEnumerable<(string Name, string Hash)> Images(JsonObject? settings) => Files(settings, ClipSettings.Images, "image", "sha256");

    private static IEnumerable<(string Name, string Hash)> Files(JsonObject? settings, string list, string name, string hash)
    {
        foreach (JsonNode? item in settings?[list] as JsonArray ?? [])
        {
            if (item is JsonObject entry && Text(entry, name) is { } file && Text(entry, hash) is { } value)
            {
                yield return (file, value);
            }
        }
    }

    /// <summary>A LoRA file where it was, beside the video, or where the sidecar says; the one with the content of then before others.</summary>
    private string FindLora(string reference)
    {
        string? expected = HashOf(_settings);
        string[] candidates = [.. new[] { Path.GetFullPath(reference), Path.Combine(_folder, Path.GetFileName(reference)) }
            .Concat(Files(_sidecar, ClipSettings.Loras, "file", ClipSettings.Fingerprint).Where(file => string.Equals(file.Hash, expected, StringComparison.Ordinal)).Select(file => file.Name))
            .Where(File.Exists)];
        return Array.Find(candidates, candidate => expected is not null && string.Equals(Fingerprint(candidate), expected, StringComparison.Ordinal)) ?? candidates.FirstOrDefault(reference);

        string? HashOf(JsonObject settings) => Files(settings, ClipSettings.Loras, "file", ClipSettings.Fingerprint)
            .Where(file => string.Equals(file.Name, reference, StringComparison.Ordinal)).Select(file => file.Hash).FirstOrDefault();
    }

    private static string? Fingerprint(string path)
    {
        try
        {
            return FileIdentity.OfContent(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is not the file.
            return null;
        }
    }

    private ImageSource FindImage(string field, string reference)
    {
        string? expected = Images(_settings).Where(image => string.Equals(image.Name, reference, StringComparison.Ordinal)).Select(image => image.Hash).FirstOrDefault();
        string[] candidates =
        [
            Path.GetFullPath(reference),
            Path.Combine(_folder, Path.GetFileName(reference)),
            .. Images(_sidecar).Where(image => string.Equals(image.Hash, expected, StringComparison.Ordinal)).Select(image => image.Name),
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
