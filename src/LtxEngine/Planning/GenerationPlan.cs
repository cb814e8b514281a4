namespace LtxEngine.Planning;

/// <summary>A request with every default filled in and every value checked: what the stages go by.</summary>
internal sealed record GenerationPlan
{
    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The negative prompt; null where the guidance never asks for it.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>How firmly the first frame keeps to the start image, 0 … 1.</summary>
    public double ImageStrength { get; init; } = 1;

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Frames that the clip has at the end; the model makes the next 8n + 1.</summary>
    public required int NumFrames { get; init; }

    /// <summary>The exact rate of the file.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>The seed, drawn where the request has none.</summary>
    public required long Seed { get; init; }

    /// <summary>The denoise loop.</summary>
    public required DenoiseStage Stage { get; init; }

    /// <summary>What the user should know although the request can be run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
