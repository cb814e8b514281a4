using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Folder;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Layout;
using LtxEngine.Pipeline;

namespace LtxEngine;

/// <summary>Tells what is in a model without loading it: only headers are read.</summary>
public static class ModelInspector
{
    private const ModelComponents Generation = ModelComponents.Transformer | ModelComponents.TextConditioning | ModelComponents.VideoVaeEncoder | ModelComponents.VideoVaeDecoder;
    private const ModelComponents Sound = ModelComponents.AudioVaeDecoder | ModelComponents.Vocoder;

    /// <summary>Inspects a model folder, or a single checkpoint or upscaler file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <returns>The report; what keeps the model from being used stands in <see cref="ModelReport.Problems"/>.</returns>
    /// <exception cref="ModelFormatException">The file or the folder's checkpoint cannot be read at all.</exception>
    public static ModelReport Inspect(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Directory.Exists(path) ? InspectFolder(path) : InspectFile(path);
    }

    private static ModelReport InspectFile(string path)
    {
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(path);
        List<string> problems = [];
        Check(() => checkpoint.Require(checkpoint.Components), problems);
        return new ModelReport
        {
            Path = Path.GetFullPath(path),
            Files = [Describe("checkpoint", path, checkpoint)],
            Components = [.. Components(checkpoint)],
            Problems = problems,
        };
    }

    private static ModelReport InspectFolder(string path)
    {
        ModelFiles files = ModelFiles.Read(path);
        ModelFolder folder = ModelFolder.Open(path);
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(files.Checkpoint, path);
        List<string> problems = [];
        ModelComponents needed = Generation;
        Check(() => needed |= TransformerConfiguration.Read(checkpoint).HasAudio ? Sound : ModelComponents.None, problems);
        Check(() => checkpoint.Require(needed), problems);
        List<ModelFileReport> reports = [Describe("checkpoint", files.Checkpoint, checkpoint)];
        List<ModelComponentReport> components = [.. Components(checkpoint)];
        Check(
            () =>
            {
                using Checkpoint text = Checkpoint.Open(files.TextEncoder, path);
                reports.Add(Describe("text_encoder", files.TextEncoder, text));
                components.Insert(0, TextModel(files.TextEncoder, text));
            },
            problems);
        foreach ((string role, string file) in OptionalFiles(folder))
        {
            Check(
                () =>
                {
                    using SafetensorsFile weights = SafetensorsFile.Open(file, path);
                    reports.Add(Describe(role, file, weights));
                },
                problems);
        }

        if (files.ImageSafetyClassifier is { } classifier)
        {
            // An ONNX file of somebody else's: its size is all that is told about it.
            reports.Add(new ModelFileReport("image_safety_classifier", classifier.File, new FileInfo(classifier.File).Length, 0, new Dictionary<string, long>()));
        }

        return new ModelReport
        {
            Path = Path.GetFullPath(path),
            Kind = files.IsDistilled ? "distilled" : "dev",
            Defaults = files.Defaults,
            Files = reports,
            Components = components,
            Problems = problems,
        };
    }

    private static IEnumerable<(string Role, string File)> OptionalFiles(ModelFolder folder)
    {
        (string Role, string? File)[] named = [("distilled_lora", folder.DistilledLora), ("spatial_upscaler", folder.SpatialUpscaler), ("temporal_upscaler", folder.TemporalUpscaler)];
        return named.Where(n => n.File is not null).Select(n => (n.Role, n.File!)).Concat(folder.CameraLoras.Select(l => ("camera_lora " + l.Key, l.Value)));
    }

    private static void Check(Action read, List<string> problems)
    {
        try
        {
            read();
        }
        catch (ModelFormatException exception)
        {
            problems.Add(exception.Message);
        }
    }

    private static ModelFileReport Describe(string role, string path, ITensorCollection tensors) => new(
        role,
        Path.GetFullPath(path),
        tensors.Tensors.Values.Sum(t => t.ByteLength),
        tensors.Tensors.Count,
        tensors.Tensors.Values.GroupBy(t => t.DataType).ToDictionary(g => g.Key.ToString(), g => g.Sum(t => t.ByteLength), StringComparer.Ordinal));

    private static ModelComponentReport TextModel(string folder, Checkpoint tensors)
    {
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(folder, "config.json"));
        List<StoredTensor> all = [.. tensors.Tensors.Values];
        long elements = all.Sum(t => t.Shape.ElementCount);

        // Layers run one after the other: one layer in fp32 is in memory, the others stay in the file.
        long layer = all.Where(t => t.Name.Contains(".layers.0.", StringComparison.Ordinal)).Sum(t => t.Shape.ElementCount) * sizeof(float);
        return new ModelComponentReport(
            "text encoder (Gemma)",
            elements,
            all.Sum(t => t.ByteLength),
            layer,
            [
                Fact("layers", configuration.LayerCount),
                Fact("width", configuration.HiddenSize),
                Fact("vocabulary", configuration.VocabularySize),
                $"vision tower: {(configuration.Vision is null ? "no" : "yes")}",
                "runs layer by layer: one layer is in memory",
            ]);
    }

    private static IEnumerable<ModelComponentReport> Components(LtxCheckpoint checkpoint)
    {
        if (checkpoint.Components.HasFlag(ModelComponents.TextConditioning))
        {
            yield return Component(checkpoint, "text projection and connectors", IsTextConditioning, asFloat: false, []);
        }

        if (checkpoint.Components.HasFlag(ModelComponents.Transformer))
        {
            yield return Component(
                checkpoint,
                "transformer",
                name => name.StartsWith(TransformerConfiguration.Prefix, StringComparison.Ordinal) && !IsTextConditioning(name),
                asFloat: false,
                Transformer(checkpoint));
        }

        if ((checkpoint.Components & (ModelComponents.VideoVaeEncoder | ModelComponents.VideoVaeDecoder)) != ModelComponents.None)
        {
            yield return Component(checkpoint, "video VAE", name => name.StartsWith("vae.", StringComparison.Ordinal), asFloat: true, VideoVae(checkpoint));
        }

        if ((checkpoint.Components & (ModelComponents.AudioVaeEncoder | ModelComponents.AudioVaeDecoder)) != ModelComponents.None)
        {
            yield return Component(checkpoint, "audio VAE", name => name.StartsWith("audio_vae.", StringComparison.Ordinal), asFloat: true, AudioVae(checkpoint));
        }

        if (checkpoint.Components.HasFlag(ModelComponents.Vocoder))
        {
            yield return Component(checkpoint, "vocoder", name => name.StartsWith(VocoderConfiguration.Prefix, StringComparison.Ordinal), asFloat: true, []);
        }

        if (checkpoint.Components.HasFlag(ModelComponents.LatentUpsampler))
        {
            yield return Component(checkpoint, "latent upsampler", _ => true, asFloat: false, []);
        }
    }

    private static bool IsTextConditioning(string name) =>
        name.StartsWith("text_embedding_projection.", StringComparison.Ordinal) || name.Contains("_embeddings_connector.", StringComparison.Ordinal);

    private static ModelComponentReport Component(LtxCheckpoint checkpoint, string name, Func<string, bool> belongs, bool asFloat, IReadOnlyList<string> details)
    {
        List<StoredTensor> tensors = [.. checkpoint.Tensors.Values.Where(t => belongs(t.Name))];
        long elements = tensors.Sum(t => t.Shape.ElementCount);
        long stored = tensors.Sum(t => t.ByteLength);
        return new ModelComponentReport(name, elements, stored, asFloat ? elements * sizeof(float) : stored, details);
    }

    private static List<string> Transformer(LtxCheckpoint checkpoint) => Facts(() =>
    {
        TransformerConfiguration configuration = TransformerConfiguration.Read(checkpoint);
        return
        [
            Fact("blocks", configuration.BlockCount),
            $"video: width {configuration.VideoWidth}, {configuration.VideoHeadCount} heads, {configuration.VideoInChannels} latent channels",
            configuration.HasAudio ? $"audio: width {configuration.AudioWidth}, {configuration.AudioHeadCount} heads, {configuration.AudioInChannels} latent channels" : "no audio",
            $"rotary embedding: {configuration.RopeType}",
        ];
    });

    private static List<string> VideoVae(LtxCheckpoint checkpoint) => Facts(() =>
    {
        VideoVaeConfiguration configuration = VideoVaeConfiguration.Read(checkpoint);
        return
        [
            Fact("latent channels", configuration.LatentChannels),
            $"one latent cell is {configuration.SpaceScale} × {configuration.SpaceScale} pixels, {configuration.TimeScale} frames",
            $"encoder: {(configuration.HasEncoder ? "yes" : "no")}, decoder: {(configuration.HasDecoder ? "yes" : "no")}",
        ];
    });

    private static List<string> AudioVae(LtxCheckpoint checkpoint) => Facts(() =>
    {
        AudioVaeConfiguration configuration = AudioVaeConfiguration.Read(checkpoint);
        return [$"latent: {configuration.LatentChannels} channels, {configuration.LatentMelBins} bins", $"spectrogram: {configuration.MelBins} mel bins at {configuration.SampleRate} Hz"];
    });

    /// <summary>A component with a broken configuration is among the problems already; its figures are shown all the same.</summary>
    private static List<string> Facts(Func<List<string>> read)
    {
        try
        {
            return read();
        }
        catch (ModelFormatException)
        {
            return [];
        }
    }

    private static string Fact(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}: {value}");
}
