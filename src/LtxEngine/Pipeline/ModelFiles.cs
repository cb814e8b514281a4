using LtxEngine.Checkpoints.Folder;

namespace LtxEngine.Pipeline;

/// <summary>The files of a model folder by role, and its defaults.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="TextEncoder">The folder of the text encoder.</param>
/// <param name="IsDistilled">Whether the checkpoint is a distilled one.</param>
/// <param name="Defaults">What requests take where they say nothing.</param>
internal sealed record ModelFiles(string Checkpoint, string TextEncoder, bool IsDistilled, ModelDefaults Defaults)
{
    private const int DistilledSteps = 8;

    /// <summary>The spatial upscaler; null where there is none.</summary>
    public string? SpatialUpscaler { get; init; }

    /// <summary>The distilled LoRA; null where there is none.</summary>
    public string? DistilledLora { get; init; }

    /// <summary>Whether a second stage runs with the distilled LoRA.</summary>
    public bool SecondStageNeedsLora { get; init; }

    /// <summary>Camera LoRAs by name; the dashes of published file names are underscores, as in requests.</summary>
    public IReadOnlyDictionary<string, string> CameraLoras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The image classifier of the safety checker; null where there is none.</summary>
    public ImageSafetyClassifier? ImageSafetyClassifier { get; init; }

    /// <summary>The rules that the safety checker checks prompts with; null for those of the engine.</summary>
    public string? PromptRules { get; init; }

    /// <summary>Reads a model folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="ModelFormatException">The folder is unusable or holds no text encoder.</exception>
    public static ModelFiles Read(string directory)
    {
        ModelFolder folder = ModelFolder.Open(directory);
        string textEncoder = folder.TextEncoder ?? throw new ModelFormatException(
            folder.FolderPath,
            ModelFormatErrorKind.NotFound,
            "The folder holds no text encoder; put the Gemma folder into it as 'gemma', or name it in ltx-model.json as files.text_encoder.");
        return new ModelFiles(folder.Checkpoint, textEncoder, folder.Kind == ModelKind.Distilled, ReadDefaults(folder))
        {
            SpatialUpscaler = folder.SpatialUpscaler,
            ImageSafetyClassifier = folder.ImageSafetyClassifier,
            PromptRules = folder.PromptRules,
            DistilledLora = folder.DistilledLora,
            SecondStageNeedsLora = folder.Kind != ModelKind.Distilled && folder.StageTwoWeights == StageTwoWeights.Distilled,
            CameraLoras = folder.CameraLoras.DistinctBy(lora => lora.Key.Replace('-', '_')).ToDictionary(lora => lora.Key.Replace('-', '_'), lora => lora.Value, StringComparer.Ordinal),
        };
    }

    private static ModelDefaults ReadDefaults(ModelFolder folder)
    {
        ModelFolderDefaults stated = folder.Defaults;
        ModelDefaults defaults = folder.Kind == ModelKind.Distilled
            ? new ModelDefaults { NumInferenceSteps = DistilledSteps, GuidancePreset = "distilled" }
            : new ModelDefaults();
        return defaults with
        {
            Width = stated.Width ?? defaults.Width,
            Height = stated.Height ?? defaults.Height,
            NumFrames = stated.NumFrames ?? defaults.NumFrames,
            Fps = stated.Fps ?? defaults.Fps,
            NumInferenceSteps = stated.NumInferenceSteps ?? defaults.NumInferenceSteps,
            GuidanceScale = stated.GuidanceScale ?? defaults.GuidanceScale,
            GuidancePreset = stated.GuidancePreset ?? defaults.GuidancePreset,
            DistilledLoraStrength = stated.DistilledLoraStrength ?? defaults.DistilledLoraStrength,
            NegativePrompt = stated.NegativePrompt ?? defaults.NegativePrompt,
            EnablePromptExpansion = stated.EnablePromptExpansion ?? defaults.EnablePromptExpansion,
        };
    }
}
