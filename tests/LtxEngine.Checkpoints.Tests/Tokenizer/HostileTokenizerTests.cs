using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints.Tokenizer;

namespace LtxEngine.Checkpoints.Tests.Tokenizer;

/// <summary>Damaged and foreign tokenizer.json files: each is refused with the typed error that names what is wrong.</summary>
public sealed class HostileTokenizerTests
{
    private static readonly Dictionary<string, (Func<byte[]> Make, string Says)> Kinds = new(StringComparer.Ordinal)
    {
        ["empty file"] = (() => [], "JSON"),
        ["not JSON"] = (() => "hello"u8.ToArray(), "JSON"),
        ["an array"] = (() => "[]"u8.ToArray(), "JSON object"),
        ["truncated"] = (() => Bytes(TokenizerJson.Create())[..^40], "JSON"),
        ["text after the end"] = (() => [.. Bytes(TokenizerJson.Create()), (byte)'x'], "JSON"),
        ["not UTF-8"] = (() => [.. "{\"a\":\""u8, 0xFF, 0xFE, .. "\"}"u8], "UTF-8"),
        ["too deep"] = (() => Encoding.UTF8.GetBytes(new string('[', 100_000)), "JSON"),
        ["deep inside"] = (() => Encoding.UTF8.GetBytes("{\"version\":" + new string('[', 100) + new string(']', 100) + "}"), "JSON"),
        ["no model"] = (Change(j => j.Remove("model")), "model is missing"),
        ["no vocabulary"] = (Change(j => Model(j).Remove("vocab")), "model.vocab is missing"),
        ["no merges"] = (Change(j => Model(j).Remove("merges")), "model.merges is missing"),
        ["model of another kind"] = (Change(j => Model(j)["type"] = "Unigram"), "BPE"),
        ["model is a number"] = (Change(j => j["model"] = 3), "object"),
        ["vocabulary is an array"] = (Change(j => Model(j)["vocab"] = new JsonArray()), "model.vocab"),
        ["no byte fall-back"] = (Change(j => Model(j)["byte_fallback"] = false), "byte_fallback"),
        ["merges ignored"] = (Change(j => Model(j)["ignore_merges"] = true), "ignore_merges"),
        ["dropout"] = (Change(j => Model(j)["dropout"] = 0.1), "dropout"),
        ["subword prefix"] = (Change(j => Model(j)["continuing_subword_prefix"] = "##"), "continuing_subword_prefix"),
        ["negative id"] = (Change(j => Vocabulary(j)["zz"] = -1), "integer from 0"),
        ["huge id"] = (Change(j => Vocabulary(j)["zz"] = 2_000_000_000), "integer from 0"),
        ["id beyond 64 bits"] = (Change(j => Vocabulary(j)["zz"] = JsonNode.Parse("99999999999999999999999")), "integer from 0"),
        ["fractional id"] = (Change(j => Vocabulary(j)["zz"] = 7.5), "integer from 0"),
        ["id is a text"] = (Change(j => Vocabulary(j)["zz"] = "7"), "integer from 0"),
        ["id given twice"] = (Change(j => Vocabulary(j)["zz"] = 5), "twice"),
        ["token given twice"] = (Replace("\"abc\":", "\"ab\":"), "twice"),
        ["model given twice"] = (Replace("\"version\":\"1.0\"", "\"model\":{\"type\":\"BPE\",\"byte_fallback\":true}"), "twice"),
        ["vocabulary given twice"] = (Replace("\"dropout\":null", "\"vocab\":{}"), "twice"),
        ["half a surrogate pair"] = (Replace("\"abc\":", "\"\\uD800\":"), "surrogate"),
        ["a byte token missing"] = (Change(j => Vocabulary(j).Remove("<0x41>")), "<0x41>"),
        ["merge of an unknown part"] = (Change(j => Merges(j).Add(TokenizerJson.Merge("a", "?"))), "merges[6]"),
        ["merge of an unknown product"] = (Change(j => Merges(j).Add(TokenizerJson.Merge("z", "z"))), "merges[6]"),
        ["merge of three parts"] = (Change(j => Merges(j).Add(new JsonArray("a", "b", "c"))), "two parts"),
        ["merge of one part"] = (Change(j => Merges(j).Add(new JsonArray("a"))), "text"),
        ["merge of numbers"] = (Change(j => Merges(j).Add(new JsonArray(1, 2))), "text"),
        ["merge without blank"] = (Change(j => Merges(j).Add("ab")), "blank"),
        ["merge with two blanks"] = (Change(j => Merges(j).Add("a b c")), "blank"),
        ["merges is an object"] = (Change(j => Model(j)["merges"] = new JsonObject()), "array"),
        ["added tokens is an object"] = (Change(j => j["added_tokens"] = new JsonObject()), "added_tokens"),
        ["added token without id"] = (Change(j => Added(j).Add(new JsonObject { ["content"] = "x" })), "id"),
        ["added token without content"] = (Change(j => Added(j).Add(new JsonObject { ["id"] = 900 })), "content"),
        ["empty added token"] = (Change(j => Added(j).Add(TokenizerJson.AddedToken(900, string.Empty, false))), "empty"),
        ["added token with a huge id"] = (Change(j => Added(j).Add(TokenizerJson.AddedToken(int.MaxValue, "x!", false))), "id"),
        ["added token under another id"] = (Change(j => Added(j).Add(TokenizerJson.AddedToken(900, "abc", false))), "disagrees"),
        ["added token on a used id"] = (Change(j => Added(j).Add(TokenizerJson.AddedToken(5, "x!", false))), "disagrees"),
        ["added id given twice"] = (Change(j => Added(j).Add(TokenizerJson.AddedToken(400, "<b>", false))), "disagrees"),
        ["normalised added token"] = (Change(j => Added(j)[0]!["normalized"] = true), "normalized"),
        ["stripping added token"] = (Change(j => Added(j)[0]!["lstrip"] = true), "lstrip"),
        ["another normaliser"] = (Change(j => j["normalizer"] = new JsonObject { ["type"] = "NFKC" }), "normalizer"),
        ["no normaliser"] = (Change(j => j["normalizer"] = null), "normalizer"),
        ["another pre-tokenizer"] = (Change(j => j["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel" }), "pre_tokenizer"),
        ["another decoder"] = (Change(j => j["decoder"] = new JsonObject { ["type"] = "WordPiece" }), "decoder"),
        ["no post-processor"] = (Change(j => j["post_processor"] = null), "post_processor"),
        ["template without text"] = (Change(j => j["post_processor"]!["single"]!.AsArray().RemoveAt(1)), "post_processor"),
        ["template of numbers"] = (Change(j => j["post_processor"]!["single"] = new JsonArray(1, 2)), "post_processor"),
        ["no bos"] = (Change(j =>
        {
            Vocabulary(j).Remove("<bos>");
            Added(j).RemoveAt(2);
        }), "<bos>"),
        ["no pad"] = (Change(j =>
        {
            Vocabulary(j).Remove("<pad>");
            Added(j).RemoveAt(0);
        }), "<pad>"),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_file_is_refused(string kind)
    {
        (Func<byte[]> make, string says) = Kinds[kind];
        using TemporaryFolder folder = new();
        string path = folder["tokenizer.json"];
        File.WriteAllBytes(path, make());

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => GemmaTokenizer.Load(path));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_oversized_file_is_refused_before_it_is_read()
    {
        using TemporaryFolder folder = new();
        string path = folder["tokenizer.json"];
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(1L << 40);
        }

        // What the runtime pays once for a first refusal does not count.
        Assert.Throws<ModelFormatException>(() => GemmaTokenizer.Load(path));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelFormatException>(() => GemmaTokenizer.Load(path));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    private static JsonObject Model(JsonObject json) => json["model"]!.AsObject();

    private static JsonObject Vocabulary(JsonObject json) => Model(json)["vocab"]!.AsObject();

    private static JsonArray Merges(JsonObject json) => Model(json)["merges"]!.AsArray();

    private static JsonArray Added(JsonObject json) => json["added_tokens"]!.AsArray();

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static Func<byte[]> Change(Action<JsonObject> change) => () =>
    {
        JsonObject json = TokenizerJson.Create();
        change(json);
        return Bytes(json);
    };

    private static Func<byte[]> Replace(string part, string replacement) => () =>
    {
        string text = TokenizerJson.Create().ToJsonString();
        Assert.Contains(part, text, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal));
    };
}
