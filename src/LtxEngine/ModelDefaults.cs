namespace LtxEngine;

/// <summary>What a request takes where it says nothing: the model folder's own defaults.</summary>
public sealed record ModelDefaults
{
    /// <summary>Width in pixels. 768 where the folder says nothing: the published one-stage size.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Height in pixels. 512 where the folder says nothing.</summary>
    public int Height { get; init; } = 512;

    /// <summary>Number of frames. 121 where the folder says nothing: five seconds.</summary>
    public int NumFrames { get; init; } = 121;

    /// <summary>Frames per second. 24 where the folder says nothing.</summary>
    public double Fps { get; init; } = 24;

    /// <summary>Number of denoising steps. 40 where the folder says nothing; a distilled checkpoint has 8.</summary>
    public int NumInferenceSteps { get; init; } = 40;

    /// <summary>Guidance scale; null where the folder says nothing: then the preset's own counts.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Name of the guidance preset. <c>january-29</c> where the folder says nothing, <c>distilled</c> for a distilled checkpoint.</summary>
    public string GuidancePreset { get; init; } = "january-29";

    /// <summary>Strength of the distilled LoRA in a second stage. 1 where the folder says nothing.</summary>
    public double DistilledLoraStrength { get; init; } = 1;

    /// <summary>Negative prompt. Empty where the folder says nothing.</summary>
    public string NegativePrompt { get; init; } = string.Empty;

    /// <summary>Whether prompts are expanded by the text model. False where the folder says nothing.</summary>
    public bool EnablePromptExpansion { get; init; }
}
