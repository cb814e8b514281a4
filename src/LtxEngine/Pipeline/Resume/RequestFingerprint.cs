using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Media.Images;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline.Resume;

/// <summary>
/// Everything that determines the result of a request, as JSON: the whole plan with hashes in place of images and LoRA files, the model, the
/// device's arithmetic and the engine. What a plan learns to say is part of it by itself; forgetting something would mix two clips.
/// </summary>
internal static class RequestFingerprint
{
    /// <summary>The seed's name: where a request has none, the saved one counts.</summary>
    public const string Seed = "seed";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters =
        {
            new JsonStringEnumConverter(),
            new TextConverter<LoraUse>(lora => $"{lora.Strength:R} of {FileIdentity.Of(lora.Path)}"),
            new TextConverter<ISampler>(Identify),
            new TextConverter<IGuider>(Identify),
        },
    };

    /// <summary>Takes the fingerprint of a request. Where the weights stay, how the file is encoded and what the user is told make no other latents.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="pictures">The decoded and compressed images.</param>
    /// <param name="model">What <see cref="Model"/> gave.</param>
    /// <exception cref="IOException">A LoRA file cannot be read.</exception>
    public static JsonObject Create(GenerationPlan plan, IReadOnlyDictionary<ImageSource, LoadedImage> pictures, JsonObject model)
    {
        GenerationPlan clip = plan with { Images = [], OriginalPrompt = string.Empty, Memory = null, ShowsPreviews = false, VideoOutputType = null, VideoQuality = default, VideoWriteMode = default, Warnings = [] };
        JsonObject fingerprint = JsonSerializer.SerializeToNode(clip, Options)!.AsObject();
        fingerprint["images"] = new JsonArray([.. plan.Images.Select(image => JsonValue.Create($"frame {image.Frame}, strength {image.Strength:R}, {Identify(pictures[image.Image].Compressed)}"))]);
        fingerprint.Remove("stages");

        fingerprint["model"] = model.DeepClone();
        fingerprint["engine"] = typeof(LtxPipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

        // Through text, so that numbers compare with those of a file.
        return JsonNode.Parse(fingerprint.ToJsonString())!.AsObject();
    }

    /// <summary>The part of the fingerprint that all requests of a pipeline share.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="arithmetic">What the device's results depend on.</param>
    /// <param name="textOnKernels">Whether the text model runs on the device rather than as a graph.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static JsonObject Model(ModelFiles files, string arithmetic, bool textOnKernels) => new()
    {
        ["checkpoint"] = FileIdentity.Of(files.Checkpoint),
        ["text_encoder"] = new JsonArray([.. Directory.EnumerateFiles(files.TextEncoder).Order(StringComparer.Ordinal).Select(file => JsonValue.Create(FileIdentity.Of(file)))]),
        ["spatial_upscaler"] = files.SpatialUpscaler is null ? null : FileIdentity.Of(files.SpatialUpscaler),
        ["device"] = arithmetic,
        ["text_model"] = textOnKernels ? "kernels" : "graph",
    };

    /// <summary>Names what differs.</summary>
    /// <param name="saved">One fingerprint.</param>
    /// <param name="wanted">The other.</param>
    /// <returns>The names, with dots between levels; empty where both are equal.</returns>
    public static IReadOnlyList<string> Differences(JsonObject saved, JsonObject wanted)
    {
        List<string> names = [];
        Compare(saved, wanted, string.Empty, names);
        return names;
    }

    private static void Compare(JsonObject saved, JsonObject wanted, string prefix, List<string> names)
    {
        foreach (string name in wanted.Concat(saved).Select(entry => entry.Key).Distinct(StringComparer.Ordinal))
        {
            saved.TryGetPropertyValue(name, out JsonNode? before);
            wanted.TryGetPropertyValue(name, out JsonNode? now);
            if (before is JsonObject outer && now is JsonObject inner)
            {
                Compare(outer, inner, prefix + name + ".", names);
            }
            else if (!JsonNode.DeepEquals(before, now))
            {
                names.Add(prefix + name);
            }
        }
    }

    private static string Identify(RgbImage image) => $"{image.Width}x{image.Height} {Convert.ToHexStringLower(SHA256.HashData(image.Pixels.Span))}";

    private static string Identify(ISampler sampler) => sampler switch
    {
        EulerSampler => nameof(EulerSampler),
        GradientEstimatingEulerSampler estimating => $"{nameof(GradientEstimatingEulerSampler)} {estimating.Gamma:R}",
        Res2sSampler res2s => $"{nameof(Res2sSampler)} {res2s.StepSeed} {res2s.SubstepSeed} {res2s.AnchorIterations}",
        _ => IdentifyOwn(sampler),
    };

    private static string Identify(IGuider guider) => guider is MultiModalGuider multiModal
        ? JsonSerializer.Serialize(multiModal.Bins, Options)
        : IdentifyOwn(guider);

    /// <summary>A user's class: its build says what it does, its text (that of a record, say) what its options are.</summary>
    private static string IdentifyOwn(object part) => $"{part.GetType().FullName} {part.GetType().Module.ModuleVersionId} {part}";

    /// <summary>Writes a value as one text.</summary>
    private sealed class TextConverter<T>(Func<T, string> identify) : JsonConverter<T>
        where T : class
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(identify(value));
    }
}
