namespace LtxEngine;

/// <summary>How a result is written to a file.</summary>
public sealed record SaveOptions
{
    /// <summary>Whether an existing file may be replaced. Default false.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Whether all settings are also written as a JSON file beside the video, <c>clip.mp4.json</c> for <c>clip.mp4</c>, with the full paths of
    /// images and LoRA files. Means nothing for streams. Default false.
    /// </summary>
    public bool Sidecar { get; init; }

    /// <summary>
    /// Texts stored in the file by key, each of at most 65,535 bytes in UTF-8. Default: none beside the settings, which the engine stores as
    /// <c>comment</c> (images and LoRA files by name, without their folders).
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
