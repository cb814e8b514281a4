namespace LtxEngine;

/// <summary>A written video file.</summary>
public sealed record SavedVideo
{
    /// <summary>The clip.</summary>
    public required GenerationResult Result { get; init; }

    /// <summary>Full path of the file; null where it was written to a stream.</summary>
    public string? Path { get; init; }

    /// <summary>Full path of the JSON file that holds the settings; null where none was asked for.</summary>
    public string? SidecarPath { get; init; }

    /// <summary>Name of the file without its folder; for a stream one made of the seed, such as <c>ltx-42.mp4</c>.</summary>
    public required string FileName { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>Media type: <c>video/mp4</c>, <c>video/webm</c>, <c>video/quicktime</c> or <c>image/gif</c>.</summary>
    public required string ContentType { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Number of frames of the file: all of the clip's, but for a GIF above 50 frames per second.</summary>
    public required int NumFrames { get; init; }

    /// <summary>The exact frame rate of the file.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>How long it plays: as long as the clip.</summary>
    public TimeSpan Duration => Result.Duration;

    /// <summary>Whether the file has sound.</summary>
    public required bool HasAudio { get; init; }

    /// <summary>How long each stage of the request took, decoding and encoding included.</summary>
    public required IReadOnlyList<StageTiming> Timings { get; init; }

    /// <summary>What the user should know: the clip's warnings and those of writing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
