namespace LtxEngine.Server.Work;

/// <summary>A clip in a file, and what the answer says of it.</summary>
internal sealed record GeneratedClip
{
    /// <summary>The file; whoever asked for it moves or removes it.</summary>
    public required string Path { get; init; }

    /// <summary>Media type.</summary>
    public required string ContentType { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Number of frames.</summary>
    public required int NumFrames { get; init; }

    /// <summary>Frames per second.</summary>
    public required double Fps { get; init; }

    /// <summary>How long it plays.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The seed that was used.</summary>
    public required long Seed { get; init; }

    /// <summary>The prompt that was used.</summary>
    public required string Prompt { get; init; }

    /// <summary>What the caller should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
