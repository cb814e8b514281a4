using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Folder;

/// <summary>What a model folder states as defaults of a request; null where it says nothing.</summary>
internal sealed record ModelFolderDefaults
{
    /// <summary>Width in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Number of frames.</summary>
    public int? NumFrames { get; init; }

    /// <summary>Frames per second.</summary>
    public double? Fps { get; init; }

    /// <summary>Denoising steps.</summary>
    public int? NumInferenceSteps { get; init; }

    /// <summary>Guidance scale.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Name of the guidance preset.</summary>
    public string? GuidancePreset { get; init; }

    /// <summary>Transformer blocks that spatio-temporal guidance (STG) perturbs.</summary>
    public ImmutableArray<int>? StgBlocks { get; init; }

    /// <summary>Strength of the distilled LoRA in a second stage.</summary>
    public double? DistilledLoraStrength { get; init; }

    /// <summary>Negative prompt.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Whether prompts are expanded by the text model.</summary>
    public bool? EnablePromptExpansion { get; init; }
}
