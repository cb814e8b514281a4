using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace LtxEngine.Checkpoints.Gemma;

/// <summary>
/// Reads the <c>config.json</c> of a Gemma 3 model in its older form (<c>sliding_window_pattern</c>, <c>rope_theta</c>, <c>rope_scaling</c>)
/// and its newer one (<c>layer_types</c>, <c>rope_parameters</c>). All problems are reported at once.
/// </summary>
internal sealed class GemmaConfigurationReader
{
    /// <summary>The longest file accepted; published ones have a few KB.</summary>
    internal const long MaximumFileLength = 4L << 20;

    private const int MaximumLayers = 1024;
    private const int MaximumWidth = 1 << 20;
    private const int MaximumIds = 1 << 24;

    private readonly List<string> _problems = [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    internal static GemmaConfiguration Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaximumFileLength)
        {
            throw new ModelFormatException($"{path}: the file has {length} bytes; a config.json has at most {MaximumFileLength}.");
        }

        byte[] json = File.ReadAllBytes(path);
        if (!Utf8.IsValid(json))
        {
            throw new ModelFormatException($"{path}: the file is not UTF-8 text.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            return Read(document.RootElement, path);
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException($"{path}: not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Resolves a parsed file.</summary>
    /// <param name="root">The JSON object of the file.</param>
    /// <param name="source">What error messages call the file.</param>
    internal static GemmaConfiguration Read(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException($"{source}: the file must hold a JSON object.");
        }

        GemmaConfigurationReader reader = new();
        GemmaConfiguration configuration = reader.Resolve(root);
        return reader._problems.Count == 0
            ? configuration
            : throw new ModelFormatException($"{source}: {string.Join(" ", reader._problems)}");
    }

    private static bool TryGet(JsonElement section, string name, out JsonElement value) =>
        section.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private GemmaConfiguration Resolve(JsonElement root)
    {
        string modelType = ReadString(root, "model_type", string.Empty);
        if (modelType is not ("gemma3" or "gemma3_text"))
        {
            _problems.Add($"model_type is \"{modelType}\"; only gemma3 and gemma3_text are supported.");
        }

        // A text-only file has the text model's values at the top.
        JsonElement text = ReadSection(root, "text_config") ?? root;
        CheckUnsupported(text);
        int heads = ReadInteger(text, "num_attention_heads", 8, 1, 4096);
        int keyValueHeads = ReadInteger(text, "num_key_value_heads", 4, 1, 4096);
        if (heads % keyValueHeads != 0)
        {
            _problems.Add($"num_attention_heads is {heads}; it must be a multiple of num_key_value_heads, {keyValueHeads}.");
        }

        int headDimension = ReadInteger(text, "head_dim", 256, 2, 4096);
        if (headDimension % 2 != 0)
        {
            _problems.Add($"head_dim is {headDimension}; it must be even.");
        }

        int layers = ReadInteger(text, "num_hidden_layers", null, 1, MaximumLayers);
        string activation = ReadString(text, "hidden_activation", "gelu_pytorch_tanh");
        if (!string.Equals(activation, "gelu_pytorch_tanh", StringComparison.Ordinal))
        {
            _problems.Add($"hidden_activation is \"{activation}\"; only gelu_pytorch_tanh is supported.");
        }

        (double globalTheta, double factor, double localTheta) = ReadRope(text);
        return new GemmaConfiguration
        {
            VocabularySize = ReadInteger(text, "vocab_size", 262_208, 1, MaximumIds),
            HiddenSize = ReadInteger(text, "hidden_size", null, 1, MaximumWidth),
            IntermediateSize = ReadInteger(text, "intermediate_size", null, 1, MaximumWidth),
            LayerCount = layers,
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadDimension = headDimension,
            NormEpsilon = ReadPositive(text, "rms_norm_eps", 1e-6),
            QueryPreAttentionScalar = ReadPositive(text, "query_pre_attn_scalar", 256),
            SlidingWindow = ReadInteger(text, "sliding_window", 4096, 1, int.MaxValue),
            HiddenActivation = activation,
            GlobalLayers = ReadGlobalLayers(text, layers),
            GlobalTheta = globalTheta,
            GlobalLinearFactor = factor,
            LocalTheta = localTheta,
            Vision = ReadVision(root),
            TokensPerImage = ReadInteger(root, "mm_tokens_per_image", 256, 1, 1 << 16),
            ImageTokenId = ReadInteger(root, TryGet(root, "image_token_index", out _) ? "image_token_index" : "image_token_id", 262_144, 0, MaximumIds),
            StopIds = ReadStopIds(root),
        };
    }

    private void CheckUnsupported(JsonElement text)
    {
        if (TryGet(text, "attention_bias", out JsonElement bias) && bias.ValueKind != JsonValueKind.False)
        {
            _problems.Add($"attention_bias is {bias}; only false is supported.");
        }

        foreach (string name in (ReadOnlySpan<string>)["attn_logit_softcapping", "final_logit_softcapping"])
        {
            if (TryGet(text, name, out JsonElement cap))
            {
                _problems.Add($"{name} is {cap}; only null is supported.");
            }
        }

        if (TryGet(text, "tie_word_embeddings", out JsonElement tied) && tied.ValueKind != JsonValueKind.True)
        {
            _problems.Add($"tie_word_embeddings is {tied}; only true is supported.");
        }

        if (TryGet(text, "use_bidirectional_attention", out JsonElement bidirectional) && bidirectional.ValueKind != JsonValueKind.False)
        {
            _problems.Add($"use_bidirectional_attention is {bidirectional}; only false is supported.");
        }
    }

    private ImmutableArray<int> ReadGlobalLayers(JsonElement text, int layers)
    {
        if (!TryGet(text, "layer_types", out JsonElement types))
        {
            // "_sliding_window_pattern" is what newer tools write when they keep the older value.
            string name = TryGet(text, "sliding_window_pattern", out _) ? "sliding_window_pattern" : "_sliding_window_pattern";
            int pattern = ReadInteger(text, name, 6, 1, int.MaxValue);
            return [.. Enumerable.Range(0, layers).Where(i => (i + 1) % pattern == 0)];
        }

        if (types.ValueKind != JsonValueKind.Array || types.GetArrayLength() != layers)
        {
            _problems.Add($"layer_types must be an array of num_hidden_layers = {layers} entries.");
            return [];
        }

        ImmutableArray<int>.Builder global = ImmutableArray.CreateBuilder<int>();
        int index = 0;
        foreach (JsonElement type in types.EnumerateArray())
        {
            if (type.ValueKind == JsonValueKind.String && type.ValueEquals("full_attention"u8))
            {
                global.Add(index);
            }
            else if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("sliding_attention"u8))
            {
                _problems.Add($"layer_types[{index}] is {type}; only full_attention and sliding_attention are supported.");
            }

            index++;
        }

        return global.ToImmutable();
    }

    private (double GlobalTheta, double Factor, double LocalTheta) ReadRope(JsonElement text)
    {
        if (ReadSection(text, "rope_parameters") is JsonElement parameters)
        {
            JsonElement full = ReadSection(parameters, "full_attention") ?? default;
            JsonElement sliding = ReadSection(parameters, "sliding_attention") ?? default;
            if (full.ValueKind == JsonValueKind.Undefined || sliding.ValueKind == JsonValueKind.Undefined)
            {
                _problems.Add("rope_parameters must have full_attention and sliding_attention.");
                return (1, 1, 1);
            }

            if (ReadLinearFactor(sliding, "rope_parameters.sliding_attention") != 1)
            {
                _problems.Add("rope_parameters.sliding_attention must not be scaled.");
            }

            return (ReadPositive(full, "rope_theta", 1e6), ReadLinearFactor(full, "rope_parameters.full_attention"), ReadPositive(sliding, "rope_theta", 1e4));
        }

        double factor = ReadSection(text, "rope_scaling") is JsonElement scaling ? ReadLinearFactor(scaling, "rope_scaling") : 1;
        return (ReadPositive(text, "rope_theta", 1e6), factor, ReadPositive(text, "rope_local_base_freq", 1e4));
    }

    private double ReadLinearFactor(JsonElement section, string name)
    {
        string type = ReadString(section, "rope_type", ReadString(section, "type", "default"));
        if (type is not ("linear" or "default"))
        {
            _problems.Add($"{name}.rope_type is \"{type}\"; only linear and default are supported.");
        }

        return string.Equals(type, "linear", StringComparison.Ordinal) ? ReadPositive(section, "factor", null) : 1;
    }

    private GemmaVisionConfiguration? ReadVision(JsonElement root)
    {
        if (ReadSection(root, "vision_config") is not JsonElement vision)
        {
            return null;
        }

        GemmaVisionConfiguration configuration = new(
            ReadInteger(vision, "hidden_size", 1152, 1, MaximumWidth),
            ReadInteger(vision, "intermediate_size", 4304, 1, MaximumWidth),
            ReadInteger(vision, "num_hidden_layers", 27, 1, MaximumLayers),
            ReadInteger(vision, "num_attention_heads", 16, 1, 4096),
            ReadInteger(vision, "image_size", 896, 1, 1 << 14),
            ReadInteger(vision, "patch_size", 14, 1, 1 << 14),
            ReadPositive(vision, "layer_norm_eps", 1e-6));
        if (configuration.HiddenSize % configuration.HeadCount != 0)
        {
            _problems.Add($"vision_config.hidden_size is {configuration.HiddenSize}; it must be a multiple of num_attention_heads, {configuration.HeadCount}.");
        }

        if (configuration.ImageSize % configuration.PatchSize != 0)
        {
            _problems.Add($"vision_config.image_size is {configuration.ImageSize}; it must be a multiple of patch_size, {configuration.PatchSize}.");
        }

        return configuration;
    }

    private ImmutableArray<int> ReadStopIds(JsonElement root)
    {
        if (!TryGet(root, "eos_token_id", out JsonElement ids))
        {
            return [];
        }

        IEnumerable<JsonElement> elements = ids.ValueKind == JsonValueKind.Array ? ids.EnumerateArray() : [ids];
        ImmutableArray<int>.Builder builder = ImmutableArray.CreateBuilder<int>();
        foreach (JsonElement element in elements)
        {
            if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id is >= 0 and <= MaximumIds)
            {
                builder.Add(id);
            }
            else
            {
                _problems.Add($"eos_token_id holds {element}; ids are integers from 0 to {MaximumIds}.");
                break;
            }
        }

        return builder.ToImmutable();
    }

    private JsonElement? ReadSection(JsonElement parent, string name)
    {
        if (!TryGet(parent, name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            _problems.Add($"{name} must be an object.");
            return null;
        }

        return value;
    }

    private string ReadString(JsonElement section, string name, string fallback)
    {
        if (!TryGet(section, name, out JsonElement value))
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            try
            {
                return value.GetString()!;
            }
            catch (InvalidOperationException)
            {
                _problems.Add($"{name} holds half a surrogate pair.");
                return fallback;
            }
        }

        _problems.Add($"{name} must be a text.");
        return fallback;
    }

    private int ReadInteger(JsonElement section, string name, int? fallback, int minimum, int maximum)
    {
        if (!TryGet(section, name, out JsonElement value))
        {
            if (fallback is null)
            {
                _problems.Add($"{name} is missing.");
            }

            return fallback ?? minimum;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        _problems.Add($"{name} is {Shorten(value)}; it must be an integer from {minimum} to {maximum}.");
        return minimum;
    }

    private double ReadPositive(JsonElement section, string name, double? fallback)
    {
        if (!TryGet(section, name, out JsonElement value))
        {
            if (fallback is null)
            {
                _problems.Add($"{name} is missing.");
            }

            return fallback ?? 1;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && double.IsFinite(number))
        {
            return number;
        }

        _problems.Add($"{name} is {Shorten(value)}; it must be a finite number above 0.");
        return 1;
    }

    private static string Shorten(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 64 ? text : text[..64] + "…";
    }
}
