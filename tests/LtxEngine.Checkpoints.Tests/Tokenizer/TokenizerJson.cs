using System.Text.Json.Nodes;

namespace LtxEngine.Checkpoints.Tests.Tokenizer;

/// <summary>A small, complete tokenizer.json to start from: specials 0–3, all byte tokens, a–z, the word boundary and a few merges.</summary>
internal static class TokenizerJson
{
    public static JsonObject Create()
    {
        JsonObject vocabulary = [];
        foreach (string token in (string[])["<pad>", "<eos>", "<bos>", "<unk>"])
        {
            vocabulary.Add(token, vocabulary.Count);
        }

        for (int value = 0; value < 256; value++)
        {
            vocabulary.Add($"<0x{value:X2}>", vocabulary.Count);
        }

        for (char letter = 'a'; letter <= 'z'; letter++)
        {
            vocabulary.Add(letter.ToString(), vocabulary.Count);
        }

        foreach (string token in (string[])["▁", "ab", "bc", "abc", "▁a", "aa", "aaa"])
        {
            vocabulary.Add(token, vocabulary.Count);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(
                AddedToken(0, "<pad>", true), AddedToken(1, "<eos>", true), AddedToken(2, "<bos>", true), AddedToken(3, "<unk>", true),
                AddedToken(400, "<b>", false), AddedToken(401, "<b><b>", false)),
            ["normalizer"] = new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Split",
                ["pattern"] = new JsonObject { ["String"] = " " },
                ["behavior"] = "MergedWithPrevious",
                ["invert"] = false,
            },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(
                    new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "<bos>", ["type_id"] = 0 } },
                    new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }),
            },
            ["decoder"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray(
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
                    new JsonObject { ["type"] = "ByteFallback" },
                    new JsonObject { ["type"] = "Fuse" }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(Merge("b", "c"), Merge("a", "b"), Merge("a", "bc"), Merge("▁", "a"), Merge("a", "a"), Merge("aa", "a")),
            },
        };
    }

    public static JsonObject AddedToken(int id, string content, bool special) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = special,
    };

    public static JsonArray Merge(string left, string right) => [left, right];
}
