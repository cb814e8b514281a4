using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Tokenizer;

public sealed class GemmaTokenizerTests
{
    private static readonly string TinyPath = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "gemma", "tokenizer.json");
    private static readonly GemmaTokenizer Tiny = GemmaTokenizer.Load(TinyPath);

    [Fact]
    public void Lowest_rank_merges_first_and_the_leftmost_of_equals()
    {
        GemmaTokenizer tokenizer = Load(TokenizerJson.Create());

        Assert.Equal(["<bos>", "abc"], Tokens(tokenizer, tokenizer.Encode("abc")));
        Assert.Equal(["<bos>", "aa", "aaa"], Tokens(tokenizer, tokenizer.Encode("aaaaa")));
        Assert.Equal(["<bos>", "▁a", "▁", "b"], Tokens(tokenizer, tokenizer.Encode(" a b")));
    }

    [Fact]
    public void Added_tokens_are_cut_out_of_the_raw_text_longest_first()
    {
        GemmaTokenizer tokenizer = Load(TokenizerJson.Create());

        Assert.Equal([2, 401, 400, tokenizer.FindToken("a")!.Value, 2], tokenizer.Encode("<b><b><b>a<bos>"));
    }

    [Fact]
    public void A_scalar_outside_the_vocabulary_becomes_its_bytes_and_half_a_surrogate_pair_becomes_U_FFFD()
    {
        GemmaTokenizer tokenizer = Load(TokenizerJson.Create());

        Assert.Equal([2, 4 + 0xF0, 4 + 0x9F, 4 + 0x9A, 4 + 0x80], tokenizer.Encode("🚀"));
        Assert.Equal([2, 4 + 0xEF, 4 + 0xBF, 4 + 0xBD], tokenizer.Encode("\uD83D"));
    }

    [Fact]
    public void Merges_that_cross_words_are_found()
    {
        JsonObject json = TokenizerJson.Create();
        json["model"]!["vocab"]!["b▁"] = 500;
        json["model"]!["vocab"]!["b▁a"] = 501;
        json["model"]!["merges"]!.AsArray().Insert(0, TokenizerJson.Merge("b", "▁"));
        json["model"]!["merges"]!.AsArray().Insert(1, TokenizerJson.Merge("b▁", "a"));
        GemmaTokenizer tokenizer = Load(json);

        Assert.Equal([2, tokenizer.FindToken("a")!.Value, 501, 501, tokenizer.FindToken("c")!.Value], tokenizer.Encode("ab ab ac"));
    }

    [Fact]
    public void Merges_may_stand_before_the_vocabulary_and_in_the_older_spelling()
    {
        JsonObject json = TokenizerJson.Create();
        JsonObject model = json["model"]!.AsObject();
        JsonArray merges = model["merges"]!.AsArray();
        model.Remove("merges");
        model.Insert(0, "merges", new JsonArray([.. merges.Select(m => (JsonNode)$"{m![0]} {m[1]}")]));

        Assert.Equal(Load(TokenizerJson.Create()).Encode("abc aaab"), Load(json).Encode("abc aaab"));
    }

    [Fact]
    public void A_prompt_is_stripped_as_Python_does_and_keeps_its_first_ids()
    {
        Assert.Equal(Tiny.Encode("fox"), Tiny.EncodePrompt(" \t\u001C\u001F\u3000fox\u0085\u2028\n"));
        Assert.Equal(Tiny.Encode("\u200Bfox\uFEFF"), Tiny.EncodePrompt("\u200Bfox\uFEFF"));
        Assert.Equal(Tiny.Encode("A red fox walks slowly")[..4], Tiny.EncodePrompt("A red fox walks slowly", 4));
        Assert.Equal([2], Tiny.EncodePrompt("  \n "));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tiny.EncodePrompt("a", 0));
    }

    [Fact]
    public void An_id_without_token_decodes_to_nothing()
    {
        Assert.Equal("fox", Tiny.Decode([.. Tiny.Encode("fox"), 1_000_000, -1, int.MaxValue], skipSpecialTokens: true));
    }

    [Fact]
    public void Decoding_gives_every_text_back()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text =>
        {
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? string.Empty));
            int[] ids = Tiny.Encode(valid);
            return ids[0] == 2 && Tiny.Decode(ids.AsSpan(1), skipSpecialTokens: false) == valid.Replace('▁', ' ');
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_scalar_survives_between_words()
    {
        StringBuilder text = new();
        for (int value = 0; value < 0x11_0000; value += 97)
        {
            if (Rune.IsValid(value) && value != '▁')
            {
                text.Append(new Rune(value)).Append(' ');
            }
        }

        Assert.Equal(text.ToString(), Tiny.Decode(Tiny.Encode(text.ToString()).AsSpan(1), skipSpecialTokens: false));
    }

    [Fact]
    public void Ids_equal_those_of_the_quadratic_textbook_algorithm()
    {
        PlainTokenizer plain = new(TinyPath);
        Gen<string> piece = Gen.Elements(
            "the ", "fox", " slowly", "a", "e", "th", "ing ", " ", "  ", "\n", "\n\n\n", "\t", "▁", "<b>", "<bos>", "é", "東", "🎬", ".", ", ", "12", "x", "qu", "\u0000", "in");
        Prop.ForAll(piece.ListOf().Select(string.Concat).ToArbitrary(), text => Tiny.Encode(text).SequenceEqual(plain.Encode(text))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Concurrent_use_gives_the_same_ids()
    {
        string[] texts = [.. Enumerable.Range(0, 64).Select(i => string.Concat(Enumerable.Repeat($"A red fox {i} walks slowly. ", i + 1)))];
        int[][] expected = [.. texts.Select(Tiny.Encode)];
        int[][] actual = new int[texts.Length][];
        Parallel.For(0, texts.Length, i => actual[i] = Tiny.Encode(texts[i]));

        Assert.Equal(expected, actual);
    }

    private static GemmaTokenizer Load(JsonObject json)
    {
        using TemporaryFolder folder = new();
        string path = folder["tokenizer.json"];
        File.WriteAllText(path, json.ToJsonString());
        return GemmaTokenizer.Load(path);
    }

    private static IEnumerable<string> Tokens(GemmaTokenizer tokenizer, int[] ids) => ids.Select(id =>
        TokenizerJson.Create()["model"]!["vocab"]!.AsObject().Single(p => p.Value!.GetValue<int>() == id).Key);
}
