using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Folder;

/// <summary>
/// A model folder: which file plays which role, and the model's defaults. <c>ltx-model.json</c> says so; without it the published file names do.
/// Every file named exists and lies in the folder (or in its download cache).
/// </summary>
internal sealed record ModelFolder
{
    /// <summary>The name of the folder's description.</summary>
    public const string DescriptionName = "ltx-model.json";

    private const long MaximumDescriptionBytes = 1 << 20;
    private const int MaximumDepth = 32;
    private const int MaximumExtent = 1 << 16;
    private const int MaximumClassifierSide = 4096;
    private const string CameraLoraPrefix = "ltx-2-19b-lora-camera-control-";

    private static readonly (string Name, ModelKind Kind)[] PublishedCheckpoints =
    [
        ("ltx-2-19b-dev.safetensors", ModelKind.Dev),
        ("ltx-2-19b-dev-fp8.safetensors", ModelKind.Dev),
        ("ltx-2-19b-dev-fp4.safetensors", ModelKind.Dev),
        ("ltx-2-19b-distilled.safetensors", ModelKind.Distilled),
        ("ltx-2-19b-distilled-fp8.safetensors", ModelKind.Distilled),
    ];

    private static readonly string[] PublishedTextEncoders = ["gemma-3-12b-it-qat-q4_0-unquantized", "gemma-3-12b-it", "gemma"];

    /// <summary>Full path of the folder.</summary>
    public required string FolderPath { get; init; }

    /// <summary>How the checkpoint was trained to be run.</summary>
    public required ModelKind Kind { get; init; }

    /// <summary>Full path of the checkpoint.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Full path of the text encoder's folder; null when the folder holds none.</summary>
    public string? TextEncoder { get; init; }

    /// <summary>Full path of the distilled LoRA; null when there is none.</summary>
    public string? DistilledLora { get; init; }

    /// <summary>Full path of the spatial upscaler; null when there is none.</summary>
    public string? SpatialUpscaler { get; init; }

    /// <summary>Full path of the temporal upscaler; null when there is none.</summary>
    public string? TemporalUpscaler { get; init; }

    /// <summary>Full paths of the camera LoRAs by name.</summary>
    public ImmutableSortedDictionary<string, string> CameraLoras { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The image safety classifier; null when there is none.</summary>
    public ImageSafetyClassifier? ImageSafetyClassifier { get; init; }

    /// <summary>Full path of the rules that prompts are checked with; null for those of the engine.</summary>
    public string? PromptRules { get; init; }

    /// <summary>Which weights the second stage runs with.</summary>
    public StageTwoWeights StageTwoWeights { get; init; } = StageTwoWeights.Distilled;

    /// <summary>The folder's defaults.</summary>
    public ModelFolderDefaults Defaults { get; init; } = new();

    /// <summary>Reads a model folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="ModelFormatException">The folder or its description is unusable; all problems at once, each naming field, value and remedy.</exception>
    public static ModelFolder Open(string path)
    {
        string folder = Path.GetFullPath(path);
        if (!Directory.Exists(folder))
        {
            throw new ModelFormatException(folder, ModelFormatErrorKind.NotFound, "The model folder does not exist.");
        }

        string description = Path.Combine(folder, DescriptionName);
        return File.Exists(description) ? Read(folder, description) : Find(folder);
    }

    private static ModelFolder Find(string folder)
    {
        (string Name, ModelKind Kind)? checkpoint = null;
        foreach ((string Name, ModelKind Kind) candidate in PublishedCheckpoints)
        {
            if (checkpoint is null && File.Exists(Path.Combine(folder, candidate.Name)))
            {
                checkpoint = candidate;
            }
        }

        if (checkpoint is null)
        {
            throw new ModelFormatException(
                folder,
                ModelFormatErrorKind.NotFound,
                $"The folder holds no {DescriptionName} and none of {string.Join(", ", PublishedCheckpoints.Select(candidate => candidate.Name))}; add one of them.");
        }

        string? IfPresent(string name) => File.Exists(Path.Combine(folder, name)) ? ModelFile(folder, name) : null;

        ImmutableSortedDictionary<string, string>.Builder cameraLoras = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, $"{CameraLoraPrefix}*.safetensors"))
        {
            cameraLoras[Path.GetFileNameWithoutExtension(file)[CameraLoraPrefix.Length..]] = ModelFile(folder, Path.GetFileName(file));
        }

        string? textEncoder = PublishedTextEncoders.Select(name => Path.Combine(folder, name)).FirstOrDefault(name => File.Exists(Path.Combine(name, "config.json")));
        return new ModelFolder
        {
            FolderPath = folder,
            Kind = checkpoint.Value.Kind,
            Checkpoint = ModelFile(folder, checkpoint.Value.Name),
            TextEncoder = textEncoder,
            DistilledLora = IfPresent("ltx-2-19b-distilled-lora-384.safetensors"),
            SpatialUpscaler = IfPresent("ltx-2-spatial-upscaler-x2-1.0.safetensors"),
            TemporalUpscaler = IfPresent("ltx-2-temporal-upscaler-x2-1.0.safetensors"),
            CameraLoras = cameraLoras.ToImmutable(),
        };
    }

    private static string ModelFile(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        _ = ModelPath.ResolveFile(path, folder);
        return path;
    }

    private static ModelFolder Read(string folder, string description)
    {
        ProblemList problems = new();
        using JsonDocument document = Parse(description);
        ConfigurationSection root = new(DescriptionName, document.RootElement, problems, ModelFormatErrorKind.InvalidModelFolder);
        ConfigurationSection files = root.Section("files");

        string? Role(string name, bool isFolder = false) => ReadRole(folder, description, $"files.{name}", files.Text(name, defaultValue: null), isFolder, problems);

        string? checkpoint = Role("checkpoint");
        if (!files.Has("checkpoint"))
        {
            problems.Add(ModelFormatErrorKind.InvalidModelFolder, $"{DescriptionName}.files.checkpoint is missing; it must name the checkpoint's file.");
        }

        ImmutableSortedDictionary<string, string>.Builder cameraLoras = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        ConfigurationSection cameras = files.Section("camera_loras");
        foreach (string name in cameras.Names)
        {
            if (ReadRole(folder, description, $"files.camera_loras.{name}", cameras.Text(name, defaultValue: null), isFolder: false, problems) is { } file)
            {
                cameraLoras[name] = file;
            }
        }

        ModelFolder result = new()
        {
            FolderPath = folder,
            Kind = root.Choice<ModelKind>("kind", ModelKind.Dev, ("dev", ModelKind.Dev), ("distilled", ModelKind.Distilled)),
            Checkpoint = checkpoint ?? string.Empty,
            TextEncoder = Role("text_encoder", isFolder: true),
            DistilledLora = Role("distilled_lora"),
            SpatialUpscaler = Role("spatial_upscaler"),
            TemporalUpscaler = Role("temporal_upscaler"),
            CameraLoras = cameraLoras.ToImmutable(),
            ImageSafetyClassifier = ReadClassifier(folder, description, files.Section("image_safety_classifier"), problems),
            PromptRules = Role("prompt_rules"),
            StageTwoWeights = root.Choice<StageTwoWeights>(
                "stage_2_weights", StageTwoWeights.Distilled, ("distilled", StageTwoWeights.Distilled), ("base", StageTwoWeights.Base)),
            Defaults = ReadDefaults(root.Section("defaults")),
        };
        problems.ThrowIfAny(description);
        return result;
    }

    private static JsonDocument Parse(string description)
    {
        string realPath = ModelPath.ResolveFile(description, Path.GetDirectoryName(description)!);
        try
        {
            if (new FileInfo(realPath).Length > MaximumDescriptionBytes)
            {
                throw new ModelFormatException(description, ModelFormatErrorKind.LimitExceeded, $"The file is larger than {MaximumDescriptionBytes} bytes; it is no description of a model.");
            }

            // People write this file, and some editors begin it with a byte-order mark.
            ReadOnlyMemory<byte> text = File.ReadAllBytes(realPath);
            JsonDocument document = JsonDocument.Parse(
                text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text, new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new ModelFormatException(description, ModelFormatErrorKind.InvalidModelFolder, "The file must hold a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(description, ModelFormatErrorKind.InvalidModelFolder, $"The file cannot be read: {exception.Message}", exception);
        }
    }

    private static string? ReadRole(string folder, string description, string field, string? name, bool isFolder, ProblemList problems)
    {
        if (name is null)
        {
            return null;
        }

        try
        {
            string path = ModelPath.Combine(folder, name, description, field);
            _ = isFolder ? ModelPath.ResolveFolder(path, folder) : ModelPath.ResolveFile(path, folder);
            return path;
        }
        catch (ModelFormatException exception)
        {
            string problem = exception.Problems[0];
            problems.Add(
                exception.Kind,
                exception.Kind == ModelFormatErrorKind.OutsideFolder && problem.StartsWith(field, StringComparison.Ordinal) ? problem : $"{field} is '{Safetensors.BoundedJson.Shorten(name)}': {problem}");
            return null;
        }
    }

    private static ImageSafetyClassifier? ReadClassifier(string folder, string description, ConfigurationSection section, ProblemList problems)
    {
        if (!section.Exists)
        {
            return null;
        }

        const string Field = "files.image_safety_classifier";
        if (!section.Has("file"))
        {
            problems.Add(ModelFormatErrorKind.InvalidModelFolder, $"{DescriptionName}.{Field}.file is missing; it must name the classifier's file.");
        }

        string? file = ReadRole(folder, description, $"{Field}.file", section.Text("file", defaultValue: null), isFolder: false, problems);
        ImmutableArray<string> labels = section.Texts("labels");
        ImmutableArray<string> refused = section.Has("refused_labels") ? section.Texts("refused_labels") : labels;
        foreach (string unknown in refused.Except(labels, StringComparer.Ordinal))
        {
            problems.Add(ModelFormatErrorKind.InvalidModelFolder, $"{DescriptionName}.{Field}.refused_labels holds '{Safetensors.BoundedJson.Shorten(unknown)}'; allowed: the names in labels.");
        }

        if (labels.IsEmpty)
        {
            problems.Add(ModelFormatErrorKind.InvalidModelFolder, $"{DescriptionName}.{Field}.labels is empty; it must name the classifier's outputs in order.");
        }

        return new ImageSafetyClassifier(file ?? string.Empty, labels, section.Fraction("threshold", 0.5))
        {
            RefusedLabels = refused,
            Width = section.Has("width") ? section.Integer("width", 1, MaximumClassifierSide) : null,
            Height = section.Has("height") ? section.Integer("height", 1, MaximumClassifierSide) : null,
            Layout = section.Choice<ClassifierLayout>("layout", ClassifierLayout.ChannelsFirst, ("channels-first", ClassifierLayout.ChannelsFirst), ("channels-last", ClassifierLayout.ChannelsLast)),
            Mean = section.Numbers("mean", 3, defaultValue: 0),
            StandardDeviation = section.Has("std") ? section.Numbers("std", 3) : [1, 1, 1],
            Activation = section.Choice<ClassifierActivation>(
                "activation", ClassifierActivation.Softmax, ("softmax", ClassifierActivation.Softmax), ("sigmoid", ClassifierActivation.Sigmoid), ("none", ClassifierActivation.None)),
        };
    }

    private static ModelFolderDefaults ReadDefaults(ConfigurationSection section)
    {
        int? Integer(string name, int minimum, int maximum) => section.Has(name) ? section.Integer(name, minimum, maximum) : null;

        return new ModelFolderDefaults
        {
            Width = Integer("width", 1, MaximumExtent),
            Height = Integer("height", 1, MaximumExtent),
            NumFrames = Integer("num_frames", 1, 1 << 20),
            Fps = section.Has("fps") ? section.Positive("fps") : null,
            NumInferenceSteps = Integer("num_inference_steps", 1, 10_000),
            GuidanceScale = section.Has("guidance_scale") ? section.NonNegative("guidance_scale", 0) : null,
            GuidancePreset = section.Text("guidance_preset", defaultValue: null),
            StgBlocks = section.Has("stg_blocks") ? section.Indices("stg_blocks", 1023) : null,
            NegativePrompt = section.Text("negative_prompt", defaultValue: null),
            DistilledLoraStrength = section.Has("distilled_lora_strength") ? section.NonNegative("distilled_lora_strength", 1) : null,
            EnablePromptExpansion = section.Has("enable_prompt_expansion") ? section.Boolean("enable_prompt_expansion", false) : null,
        };
    }
}
