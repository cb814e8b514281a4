using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Greedy decoding with the key/value cache.</summary>
internal sealed class GemmaGenerateComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_generate";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(referenceCase.Checkpoint, "config.json"));
        if (parameters.TryGetProperty("sliding_window", out JsonElement window))
        {
            configuration = configuration with { SlidingWindow = window.GetInt32() };
        }

        double? scale = parameters.TryGetProperty("embedding_scale", out JsonElement stated) ? stated.GetDouble() : null;
        HashSet<int> stopIds = [.. parameters.GetProperty("stop_ids").EnumerateArray().Select(id => id.GetInt32())];
        int limit = parameters.GetProperty("max_new_tokens").GetInt32();
        using Checkpoint checkpoint = Checkpoint.Open(referenceCase.Checkpoint);
        using ITextModel model = context.OpenTextModel(configuration, checkpoint, scale);
        using KeyValueCache cache = model.CreateCache();
        float[] logits = model.Decode([.. referenceCase.IntegerInput("ids").Select(id => checked((int)id))], cache);
        float[] first = logits;
        List<long> newIds = [];
        while (true)
        {
            int next = logits.AsSpan().IndexOf(logits.Max());
            newIds.Add(next);
            if (newIds.Count == limit || stopIds.Contains(next))
            {
                break;
            }

            logits = model.Decode([next], cache);
        }

        outputs.AddIntegers("new_ids", new TensorShape(newIds.Count), [.. newIds]);
        outputs.Add("first_logits", new TensorShape(first.Length), first);
        outputs.Add("last_logits", new TensorShape(logits.Length), logits);
    }
}
