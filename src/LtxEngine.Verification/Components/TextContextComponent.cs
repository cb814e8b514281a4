using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>A prompt to both contexts, the whole way.</summary>
internal sealed class TextContextComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "text_context";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        string gemma = referenceCase.Checkpoints["gemma"];
        string prompt = parameters.GetProperty("prompt").GetString()!;
        TextEncoderOptions options = new()
        {
            Length = parameters.GetProperty("max_length").GetInt32(),
            EmbeddingScale = parameters.TryGetProperty("embedding_scale", out JsonElement scale) ? scale.GetDouble() : null,
            Session = GraphThreads.Options(context),
            CreateModel = context.OpenTextModel,
        };
        GemmaTokenizer tokenizer = GemmaTokenizer.Load(Path.Combine(gemma, "tokenizer.json"));
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(gemma, "config.json"));
        using Checkpoint textModel = Checkpoint.Open(gemma);
        using Checkpoint model = Checkpoint.Open(referenceCase.Checkpoints["model"]);
        using TextEncoder encoder = new(tokenizer, configuration, textModel, model, options);
        int[] ids = tokenizer.EncodePrompt(prompt, options.Length);
        outputs.AddIntegers("ids", new TensorShape(ids.Length), Array.ConvertAll(ids, id => (long)id));
        outputs.Add("features", encoder.EncodeFeatures([ids], null, CancellationToken.None)[0]);
        TextContext contexts = encoder.Encode(prompt);
        ContextSummary.Add("video", contexts.Video, referenceCase, outputs);
        if (contexts.Audio is not null)
        {
            ContextSummary.Add("audio", contexts.Audio, referenceCase, outputs);
        }
    }
}
