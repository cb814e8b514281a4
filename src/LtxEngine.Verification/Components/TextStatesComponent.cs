using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Ids to the hidden states of the text model.</summary>
internal sealed class TextStatesComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "text_states";

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
        int[] ids = [.. referenceCase.IntegerInput("ids").Select(id => checked((int)id))];
        if (referenceCase.HasInput("mask"))
        {
            long[] mask = referenceCase.IntegerInput("mask");
            ids = [.. ids.Where((_, i) => mask[i] != 0)];
        }

        int[] rows = parameters.TryGetProperty("rows", out JsonElement named)
            ? [.. named.EnumerateArray().Select(r => r.GetInt32())]
            : [.. Enumerable.Range(0, ids.Length)];
        using Checkpoint checkpoint = Checkpoint.Open(referenceCase.Checkpoint);
        using ITextModel model = context.OpenTextModel(configuration, checkpoint, scale);
        HostTensor states = HostTensor.Zeros(model.HiddenStateCount, rows.Length, configuration.HiddenSize);
        int size = rows.Length * configuration.HiddenSize;
        model.Prefill([ids], (_, index, state) => ContextSummary.SelectRows(state, rows).Data.CopyTo(states.Data, index * size));
        outputs.Add("states", states);
    }
}
