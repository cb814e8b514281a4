using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints.Gemma;

namespace LtxEngine.Checkpoints.Tests.Gemma;

public sealed class GemmaConfigurationTests
{
    private static readonly Dictionary<string, (Func<byte[]> Make, string Says)> Kinds = new(StringComparer.Ordinal)
    {
        ["empty file"] = (() => [], "JSON"),
        ["not UTF-8"] = (() => [.. "{\"model_type\":\""u8, 0xFF, .. "\"}"u8], "UTF-8"),
        ["truncated"] = (() => "{\"model_type\":"u8.ToArray(), "JSON"),
        ["an array"] = (() => "[]"u8.ToArray(), "object"),
        ["too deep"] = (() => Encoding.UTF8.GetBytes(new string('[', 1000)), "JSON"),
        ["another family"] = (Change(j => j["model_type"] = "llama"), "model_type"),
        ["a later family"] = (Change(j => j["model_type"] = "gemma3n"), "model_type"),
        ["no family"] = (Change(j => j.Remove("model_type")), "model_type"),
        ["text section is a number"] = (Change(j => j["text_config"] = 3), "text_config"),
        ["no width"] = (Change(j => Text(j).Remove("hidden_size")), "hidden_size is missing"),
        ["no layers"] = (Change(j => Text(j).Remove("num_hidden_layers")), "num_hidden_layers is missing"),
        ["no intermediate width"] = (Change(j => Text(j).Remove("intermediate_size")), "intermediate_size is missing"),
        ["width zero"] = (Change(j => Text(j)["hidden_size"] = 0), "hidden_size"),
        ["negative width"] = (Change(j => Text(j)["hidden_size"] = -1), "hidden_size"),
        ["width beyond 32 bits"] = (Change(j => Text(j)["hidden_size"] = 1L << 40), "hidden_size"),
        ["fractional width"] = (Change(j => Text(j)["hidden_size"] = 1.5), "hidden_size"),
        ["width is a text"] = (Change(j => Text(j)["hidden_size"] = "96"), "hidden_size"),
        ["too many layers"] = (Change(j => Text(j)["num_hidden_layers"] = 1_000_000), "num_hidden_layers"),
        ["heads not divisible"] = (Change(j => Text(j)["num_attention_heads"] = 5), "multiple of num_key_value_heads"),
        ["no key heads"] = (Change(j => Text(j)["num_key_value_heads"] = 0), "num_key_value_heads"),
        ["odd head width"] = (Change(j => Text(j)["head_dim"] = 33), "head_dim"),
        ["another activation"] = (Change(j => Text(j)["hidden_activation"] = "silu"), "hidden_activation"),
        ["attention bias"] = (Change(j => Text(j)["attention_bias"] = true), "attention_bias"),
        ["soft-capping"] = (Change(j => Text(j)["attn_logit_softcapping"] = 50.0), "attn_logit_softcapping"),
        ["untied head"] = (Change(j => Text(j)["tie_word_embeddings"] = false), "tie_word_embeddings"),
        ["epsilon zero"] = (Change(j => Text(j)["rms_norm_eps"] = 0), "rms_norm_eps"),
        ["infinite theta"] = (Change(j => Text(j)["rope_theta"] = JsonNode.Parse("1e999")), "rope_theta"),
        ["another scaling"] = (Change(j => Text(j)["rope_scaling"] = new JsonObject { ["rope_type"] = "yarn", ["factor"] = 8 }), "rope_type"),
        ["scaling without factor"] = (Change(j => Text(j)["rope_scaling"] = new JsonObject { ["rope_type"] = "linear" }), "factor is missing"),
        ["negative scaling"] = (Change(j => Text(j)["rope_scaling"] = new JsonObject { ["rope_type"] = "linear", ["factor"] = -8 }), "factor"),
        ["half of the newer rope"] = (Change(j => Text(j)["rope_parameters"] = new JsonObject { ["full_attention"] = new JsonObject() }), "sliding_attention"),
        ["window zero"] = (Change(j => Text(j)["sliding_window"] = 0), "sliding_window"),
        ["pattern zero"] = (Change(j => Text(j)["sliding_window_pattern"] = 0), "sliding_window_pattern"),
        ["layer types too short"] = (Change(j => Text(j)["layer_types"] = new JsonArray("full_attention")), "layer_types"),
        ["unknown layer type"] = (Change(j => Text(j)["layer_types"] = new JsonArray("full_attention", "linear_attention")), "layer_types[1]"),
        ["stop id is a text"] = (Change(j => j["eos_token_id"] = "1"), "eos_token_id"),
        ["vision heads not divisible"] = (Change(j => j["vision_config"] = new JsonObject { ["hidden_size"] = 50, ["num_attention_heads"] = 4 }), "vision_config.hidden_size"),
        ["patches do not fit"] = (Change(j => j["vision_config"] = new JsonObject { ["image_size"] = 100, ["patch_size"] = 14 }), "image_size"),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_or_foreign_file_is_refused(string kind)
    {
        (Func<byte[]> make, string says) = Kinds[kind];

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Load(make()));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Load(Change(j =>
        {
            Text(j)["hidden_size"] = 0;
            Text(j)["head_dim"] = 7;
            Text(j).Remove("num_hidden_layers");
        })()));

        Assert.Contains("hidden_size", error.Message, StringComparison.Ordinal);
        Assert.Contains("head_dim", error.Message, StringComparison.Ordinal);
        Assert.Contains("num_hidden_layers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_only_file_has_its_values_at_the_top()
    {
        JsonObject json = new() { ["model_type"] = "gemma3_text", ["hidden_size"] = 64, ["intermediate_size"] = 128, ["num_hidden_layers"] = 7, ["eos_token_id"] = 5 };

        GemmaConfiguration configuration = Load(Encoding.UTF8.GetBytes(json.ToJsonString()));

        Assert.Equal(64, configuration.HiddenSize);
        Assert.Equal(262_208, configuration.VocabularySize);
        Assert.Equal(4096, configuration.SlidingWindow);
        Assert.Equal([5], configuration.GlobalLayers);
        Assert.Equal([5], configuration.StopIds);
        Assert.Equal(1, configuration.GlobalLinearFactor);
        Assert.Null(configuration.Vision);
        Assert.True(configuration.IsGlobal(5));
        Assert.False(configuration.IsGlobal(6));
    }

    private static GemmaConfiguration Load(byte[] json)
    {
        using TemporaryFolder folder = new();
        string path = folder["config.json"];
        File.WriteAllBytes(path, json);
        return GemmaConfiguration.Load(path);
    }

    private static JsonObject Text(JsonObject json) => json["text_config"]!.AsObject();

    private static Func<byte[]> Change(Action<JsonObject> change) => () =>
    {
        JsonObject json = new()
        {
            ["model_type"] = "gemma3",
            ["text_config"] = new JsonObject
            {
                ["hidden_size"] = 96,
                ["intermediate_size"] = 192,
                ["num_hidden_layers"] = 2,
                ["num_attention_heads"] = 4,
                ["num_key_value_heads"] = 2,
                ["head_dim"] = 32,
            },
        };
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    };
}
