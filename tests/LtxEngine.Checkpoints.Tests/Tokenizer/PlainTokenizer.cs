using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LtxEngine.Checkpoints.Tests.Tokenizer;

/// <summary>Byte-pair encoding as the textbook states it, on strings: find the best pair, merge it, start again.</summary>
internal sealed class PlainTokenizer
{
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Left, string Right), int> _ranks = [];
    private readonly List<(string Content, int Id)> _added = [];

    public PlainTokenizer(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement model = json.RootElement.GetProperty("model");
        foreach (JsonProperty token in model.GetProperty("vocab").EnumerateObject())
        {
            _vocabulary[token.Name] = token.Value.GetInt32();
        }

        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray())
        {
            _ranks[(merge[0].GetString()!, merge[1].GetString()!)] = _ranks.Count;
        }

        foreach (JsonElement token in json.RootElement.GetProperty("added_tokens").EnumerateArray())
        {
            _added.Add((token.GetProperty("content").GetString()!, token.GetProperty("id").GetInt32()));
        }

        _added.Sort((a, b) => b.Content.Length.CompareTo(a.Content.Length));
    }

    public int[] Encode(string text)
    {
        List<int> ids = [2];
        StringBuilder segment = new();
        for (int position = 0; position < text.Length;)
        {
            (string content, int id) = _added.Find(t => string.CompareOrdinal(text, position, t.Content, 0, t.Content.Length) == 0);
            if (content is null)
            {
                segment.Append(text[position++]);
                continue;
            }

            EncodeSegment(segment.ToString(), ids);
            segment.Clear();
            ids.Add(id);
            position += content.Length;
        }

        EncodeSegment(segment.ToString(), ids);
        return [.. ids];
    }

    private void EncodeSegment(string segment, List<int> ids)
    {
        List<string> symbols = [];
        foreach (Rune rune in segment.Replace(' ', '▁').EnumerateRunes())
        {
            if (_vocabulary.ContainsKey(rune.ToString()))
            {
                symbols.Add(rune.ToString());
            }
            else
            {
                symbols.AddRange(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")));
            }
        }

        while (true)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (_ranks.TryGetValue((symbols[i], symbols[i + 1]), out int rank) && rank < bestRank)
                {
                    best = i;
                    bestRank = rank;
                }
            }

            if (best < 0)
            {
                break;
            }

            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        ids.AddRange(symbols.Select(s => _vocabulary[s]));
    }
}
