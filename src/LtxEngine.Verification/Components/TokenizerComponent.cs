using System.Globalization;
using System.Text.Json;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Text to ids, prompts to padded rows, ids to text.</summary>
internal sealed class TokenizerComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "tokenizer";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(Path.Combine(referenceCase.Checkpoint, "tokenizer.json"));
        switch (referenceCase.Operation)
        {
            case "encode":
                Encode(tokenizer, referenceCase, outputs);
                break;
            case "prompt":
                EncodePrompts(tokenizer, referenceCase, outputs);
                break;
            case "decode":
                Decode(tokenizer, referenceCase, outputs);
                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private static void Encode(GemmaTokenizer tokenizer, ReferenceCase referenceCase, CaseOutputs outputs)
    {
        int index = 0;
        foreach (JsonElement text in referenceCase.Parameters.GetProperty("texts").EnumerateArray())
        {
            int[] ids = tokenizer.Encode(text.GetString()!);
            outputs.AddIntegers(IdsName(index++), new TensorShape(ids.Length), Widen(ids));
        }
    }

    private static void EncodePrompts(GemmaTokenizer tokenizer, ReferenceCase referenceCase, CaseOutputs outputs)
    {
        int length = referenceCase.Parameters.GetProperty("max_length").GetInt32();
        string[] texts = [.. referenceCase.Parameters.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
        long[] ids = new long[texts.Length * length];
        long[] mask = new long[ids.Length];
        Array.Fill(ids, tokenizer.PadId);
        for (int row = 0; row < texts.Length; row++)
        {
            int[] prompt = tokenizer.EncodePrompt(texts[row], length);
            int start = ((row + 1) * length) - prompt.Length;
            Widen(prompt).CopyTo(ids, start);
            Array.Fill(mask, 1, start, prompt.Length);
        }

        TensorShape shape = new(texts.Length, length);
        outputs.AddIntegers("ids", shape, ids);
        outputs.AddIntegers("mask", shape, mask);
    }

    private static void Decode(GemmaTokenizer tokenizer, ReferenceCase referenceCase, CaseOutputs outputs)
    {
        List<int[]> rows = [];
        if (referenceCase.Parameters.TryGetProperty("ids", out JsonElement ids))
        {
            rows.AddRange(ids.EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()));
        }
        else
        {
            for (int index = 0; referenceCase.HasInput(IdsName(index)); index++)
            {
                rows.Add([.. referenceCase.IntegerInput(IdsName(index)).Select(id => checked((int)id))]);
            }
        }

        outputs.SetExpected(new
        {
            text = rows.ConvertAll(row => tokenizer.Decode(row, skipSpecialTokens: false)),
            text_skip_special = rows.ConvertAll(row => tokenizer.Decode(row, skipSpecialTokens: true)),
        });
    }

    private static string IdsName(int index) => string.Create(CultureInfo.InvariantCulture, $"ids_{index:D3}");

    private static long[] Widen(int[] ids) => Array.ConvertAll(ids, id => (long)id);
}
