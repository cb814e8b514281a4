using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Media.Output;
using LtxEngine.Planning;
using LtxEngine.Requests;

namespace LtxEngine.Pipeline;

/// <summary>
/// What a file says about how it was made: the request with every default filled in and the seed that was used, the SHA-256 of each image,
/// and fingerprints of the model and of each LoRA file.
/// <see cref="StoredSettings"/> reads it again.
/// </summary>
internal static class ClipSettings
{
    /// <summary>The text of a file that holds the settings.</summary>
    public const string MetadataKey = "comment";

    /// <summary>Member that names the program; its presence tells our settings from other comments.</summary>
    public const string Engine = "engine";

    /// <summary>Member that holds the request.</summary>
    public const string Request = "request";

    /// <summary>Member that lists the images: how the request names them, and their SHA-256.</summary>
    public const string Images = "images";

    /// <summary>Member that tells the model: <c>name</c>, <c>checkpoint</c>, <c>fingerprint</c>.</summary>
    public const string Model = "model";

    /// <summary>Member that lists the LoRA files that were used, those of the model folder included: <c>file</c>, <c>fingerprint</c>.</summary>
    public const string Loras = "loras";

    /// <summary>Member of a file that tells its content from others: its length and a hash of parts of it.</summary>
    public const string Fingerprint = "fingerprint";

    // Prompts in any language stay readable.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The settings of a clip.</summary>
    /// <param name="clip">What it is made from.</param>
    /// <param name="defaults">What a request takes where it says nothing.</param>
    /// <param name="model">The model that made it.</param>
    /// <param name="describe">How images and LoRA files are named: by full path in a sidecar; by name alone in a video, which is passed on to others.</param>
    public static JsonObject Create(ClipOrigin clip, ModelDefaults defaults, ModelOrigin model, Func<string, string> describe)
    {
        Dictionary<string, string> hashes = new(StringComparer.Ordinal);
        GenerationRequest resolved = Resolve(clip.Request, clip.Plan, defaults);
        resolved = resolved with { Loras = [.. resolved.Loras.Select(lora => lora with { Path = describe(lora.Path) })] };
        JsonObject request = RequestWriter.Write(resolved, describe: image =>
        {
            string reference = image.FilePath is { } path ? describe(path) : image.Description;
            if (clip.ImageHashes.TryGetValue(image, out string? hash))
            {
                hashes.TryAdd(reference, hash);
            }

            return reference;
        });
        JsonObject settings = new()
        {
            [Engine] = "LtxEngine " + typeof(ClipSettings).Assembly.GetName().Version?.ToString(3),
            [Request] = request,
            [Model] = new JsonObject { ["name"] = model.Name, ["checkpoint"] = model.Checkpoint, [Fingerprint] = model.Fingerprint },
        };
        if (!string.Equals(clip.Plan.Prompt, clip.Plan.OriginalPrompt, StringComparison.Ordinal))
        {
            settings["original_prompt"] = clip.Plan.OriginalPrompt;
        }

        if (clip.LoraFingerprints.Count > 0)
        {
            settings[Loras] = new JsonArray([.. clip.LoraFingerprints.Select(pair => (JsonNode)new JsonObject { ["file"] = describe(pair.Key), [Fingerprint] = pair.Value })]);
        }

        if (hashes.Count > 0)
        {
            settings[Images] = new JsonArray([.. hashes.Select(pair => (JsonNode)new JsonObject { ["image"] = pair.Key, ["sha256"] = pair.Value })]);
        }

        return settings;
    }

    /// <summary>The texts to store in a file.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="options">Further texts; they replace ours where the keys are equal.</param>
    /// <param name="isStored">Whether the settings are among them: they are left out where they are longer than every format can store.</param>
    public static IReadOnlyDictionary<string, string> Metadata(JsonObject settings, SaveOptions options, out bool isStored)
    {
        string text = settings.ToJsonString(Readable);
        isStored = MetadataLimits.Fits(text);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        if (isStored)
        {
            metadata[MetadataKey] = text;
        }

        foreach ((string key, string value) in options.Metadata)
        {
            metadata[key] = value;
        }

        return metadata;
    }

    /// <summary>The request that gives the same clip again, also where the model folder's defaults change.</summary>
    private static GenerationRequest Resolve(GenerationRequest request, GenerationPlan plan, ModelDefaults defaults)
    {
        GenerationRequest resolved = request with
        {
            Prompt = plan.Prompt,
            EnablePromptExpansion = false,
            NegativePrompt = plan.NegativePrompt ?? request.NegativePrompt,
            Width = plan.Width,
            Height = plan.Height,
            SizeFromImage = false,
            NumFrames = plan.NumFrames,
            Fps = plan.Stage.Fps,
            NumInferenceSteps = plan.Stage.Steps,
            Seed = plan.Seed,
        };
        if (request.Guider is not null || request.Guidance is not null)
        {
            return resolved;
        }

        // The folder's scale belongs to the folder's preset, as in planning.
        bool isFoldersPreset = request.GuidancePreset is null || string.Equals(request.GuidancePreset, defaults.GuidancePreset, StringComparison.Ordinal);
        return resolved with
        {
            GuidancePreset = request.GuidancePreset ?? defaults.GuidancePreset,
            GuidanceScale = request.GuidanceScale ?? (isFoldersPreset && defaults.GuidancePreset != "distilled" ? defaults.GuidanceScale : null),
        };
    }
}
