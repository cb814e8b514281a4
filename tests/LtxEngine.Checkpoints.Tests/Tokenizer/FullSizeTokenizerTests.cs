using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using LtxEngine.Checkpoints.Tokenizer;

namespace LtxEngine.Checkpoints.Tests.Tokenizer;

/// <summary>
/// A generated tokenizer of the published one's size: 262,144 tokens, some 515,000 merges, 6,415 added tokens.
/// Times are measured and reported, never asserted.
/// </summary>
public sealed class FullSizeTokenizerTests(ITestOutputHelper output)
{
    private const int VocabularySize = 262_144;
    private const int MergeCount = 514_906;
    private const int AddedCount = 6_415;

    [Fact]
    public void A_file_of_the_published_size_loads_and_encodes_three_thousand_words()
    {
        using TemporaryFolder folder = new();
        string path = folder["tokenizer.json"];
        List<string> words = Generate(path);

        TimeSpan processorStart = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(path);
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double processor = (Environment.CpuUsage.TotalTime - processorStart).TotalMilliseconds;
        Random random = new(7);
        string text = string.Join(' ', Enumerable.Range(0, 3000).Select(_ => words[random.Next(words.Count)]));
        int[] ids = tokenizer.Encode(text);
        double best = double.PositiveInfinity;
        for (int run = 0; run < 20; run++)
        {
            start = Stopwatch.GetTimestamp();
            ids = tokenizer.Encode(text);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"file {new FileInfo(path).Length / 1e6:F1} MB, load {load:F0} ms (processor time of the process {processor:F0} ms); 3000 words = {text.Length} characters = {ids.Length} ids: best run {best:F2} ms"));
        Assert.Equal(VocabularySize, tokenizer.VocabularySize);
        Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.InRange(ids.Length, 3000, text.Length / 2);
    }

    /// <summary>Writes the file; returns long tokens, which many merges lead to.</summary>
    private static List<string> Generate(string path)
    {
        Random random = new(1);
        List<string> tokens = ["<pad>", "<eos>", "<bos>", "<unk>"];
        for (int i = 4; i < AddedCount; i++)
        {
            tokens.Add(string.Create(CultureInfo.InvariantCulture, $"<unused{i}>"));
        }

        for (int value = 0; value < 256; value++)
        {
            tokens.Add(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));
        }

        List<string> parts = ["▁"];
        for (char letter = 'a'; letter <= 'z'; letter++)
        {
            parts.Add(letter.ToString());
        }

        HashSet<string> known = [.. parts];
        List<(string Left, string Right)> merges = [];
        while (tokens.Count + parts.Count < VocabularySize)
        {
            // Short parts are drawn more often, as in a trained vocabulary.
            string left = parts[(int)(parts.Count * Math.Pow(random.NextDouble(), 3))];
            string right = parts[(int)(parts.Count * Math.Pow(random.NextDouble(), 3))];
            if (left.Length + right.Length <= 12 && !right.Contains('▁', StringComparison.Ordinal) && known.Add(left + right))
            {
                parts.Add(left + right);
                merges.Add((left, right));
            }
        }

        // Further ways to make the same tokens, of lower rank; when all are used up, pairs named again, which only load.
        HashSet<(string, string)> pairs = [.. merges];
        foreach (string part in parts)
        {
            for (int cut = 1; cut < part.Length && merges.Count < MergeCount; cut++)
            {
                (string Left, string Right) pair = (part[..cut], part[cut..]);
                if (known.Contains(pair.Left) && known.Contains(pair.Right) && pairs.Add(pair))
                {
                    merges.Add(pair);
                }
            }
        }

        int distinct = merges.Count;
        while (merges.Count < MergeCount)
        {
            merges.Add(merges[merges.Count % distinct]);
        }

        using FileStream stream = File.Create(path);
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WritePropertyName("added_tokens");
        json.WriteStartArray();
        for (int id = 0; id < AddedCount; id++)
        {
            json.WriteRawValue(TokenizerJson.AddedToken(id, tokens[id], id < 4).ToJsonString());
        }

        json.WriteEndArray();
        foreach (string section in (string[])["normalizer", "pre_tokenizer", "post_processor", "decoder"])
        {
            json.WritePropertyName(section);
            json.WriteRawValue(TokenizerJson.Create()[section]!.ToJsonString());
        }

        json.WritePropertyName("model");
        json.WriteStartObject();
        json.WriteString("type", "BPE");
        json.WriteBoolean("byte_fallback", true);
        json.WritePropertyName("vocab");
        json.WriteStartObject();
        int next = 0;
        foreach (string token in tokens.Concat(parts))
        {
            json.WriteNumber(token, next++);
        }

        json.WriteEndObject();
        json.WritePropertyName("merges");
        json.WriteStartArray();
        foreach ((string left, string right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        return [.. parts.Where(p => p.Length >= 5 && !p.Contains('▁', StringComparison.Ordinal))];
    }
}
