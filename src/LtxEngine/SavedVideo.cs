namespace LtxEngine;

/// <summary>A written file.</summary>
public sealed record SavedVideo
{
    /// <summary>The clip.</summary>
    public required GenerationResult Result { get; init; }

    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>Media type, such as <c>video/mp4</c>.</summary>
    public required string ContentType { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Number of frames.</summary>
    public required int NumFrames { get; init; }

    /// <summary>The exact frame rate.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>Whether the file has sound.</summary>
    public required bool HasAudio { get; init; }

    /// <summary>How long each stage of the request took, decoding and encoding included.</summary>
    public required IReadOnlyList<StageTiming> Timings { get; init; }
}
