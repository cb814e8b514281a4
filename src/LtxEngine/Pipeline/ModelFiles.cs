using System.Text.Json;

namespace LtxEngine.Pipeline;

/// <summary>The files of a model folder by role, and its defaults.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="TextEncoder">The folder of the text encoder.</param>
/// <param name="IsDistilled">Whether the checkpoint is a distilled one.</param>
/// <param name="Defaults">What requests take where they say nothing.</param>
internal sealed record ModelFiles(string Checkpoint, string TextEncoder, bool IsDistilled, ModelDefaults Defaults)
{
    /// <summary>Reads a model folder.</summary>
    /// <param name="directory">The folder.</param>
    public static ModelFiles Read(string directory)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "ltx-model.json")));
        JsonElement root = document.RootElement;
        JsonElement files = root.GetProperty("files");
        JsonElement d = root.GetProperty("defaults");
        return new ModelFiles(
            Path.Combine(directory, files.GetProperty("checkpoint").GetString()!),
            Path.Combine(directory, files.GetProperty("text_encoder").GetString()!),
            root.GetProperty("kind").GetString() == "distilled",
            new ModelDefaults
            {
                Width = d.GetProperty("width").GetInt32(),
                Height = d.GetProperty("height").GetInt32(),
                NumFrames = d.GetProperty("num_frames").GetInt32(),
                Fps = d.GetProperty("fps").GetDouble(),
                NumInferenceSteps = d.GetProperty("num_inference_steps").GetInt32(),
                GuidanceScale = d.GetProperty("guidance_scale").GetDouble(),
                GuidancePreset = d.GetProperty("guidance_preset").GetString()!,
                NegativePrompt = d.GetProperty("negative_prompt").GetString()!,
            });
    }
}
