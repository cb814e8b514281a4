using System.Globalization;
using System.Text.Json;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Prompting;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>System text and prompt to the chat text and its ids.</summary>
internal sealed class GemmaChatComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_chat";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(Path.Combine(referenceCase.Checkpoint, "tokenizer.json"));
        int softTokens = referenceCase.Parameters.GetProperty("mm_tokens_per_image").GetInt32();
        List<object> chats = [];
        foreach (JsonElement chat in referenceCase.Parameters.GetProperty("expected").EnumerateArray())
        {
            string mode = chat.GetProperty("mode").GetString()!;
            string system = chat.GetProperty("system").GetString()!;
            string prompt = chat.GetProperty("prompt").GetString()!;
            (string rendered, string expanded) = mode switch
            {
                "t2v" => (ChatTemplate.Render(system, prompt), ChatTemplate.Render(system, prompt)),
                "i2v" => (ChatTemplate.RenderWithImage(system, prompt), ChatTemplate.RenderWithImage(system, prompt, softTokens)),
                _ => throw new UnknownOperationException(Component, mode),
            };
            int[] ids = tokenizer.Encode(expanded);
            outputs.AddIntegers(
                string.Create(CultureInfo.InvariantCulture, $"ids_{chats.Count:D3}"), new TensorShape(ids.Length), Array.ConvertAll(ids, id => (long)id));
            chats.Add(new { mode, system, prompt, rendered, expanded });
        }

        outputs.SetExpected(chats);
    }
}
