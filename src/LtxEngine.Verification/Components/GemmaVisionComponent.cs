using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>A picture to soft tokens, and a prompt with a picture to hidden states and logits.</summary>
internal sealed class GemmaVisionComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_vision";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        GemmaConfiguration configuration = GemmaConfiguration.Load(Path.Combine(referenceCase.Checkpoint, "config.json"));
        if (parameters.TryGetProperty("sliding_window", out JsonElement window))
        {
            configuration = configuration with { SlidingWindow = window.GetInt32() };
        }

        using Checkpoint checkpoint = Checkpoint.Open(referenceCase.Checkpoint);
        ImageEncoding image;
        using (GemmaVisionTower tower = new(configuration, checkpoint, GraphThreads.Options(context)))
        {
            image = tower.Encode(referenceCase.Input("pixels"));
        }

        switch (referenceCase.Operation)
        {
            case "encode_image":
                outputs.Add("vision", image.Features);
                outputs.Add("tokens", image.Tokens);
                break;
            case "prompt_with_image":
                double? scale = parameters.TryGetProperty("embedding_scale", out JsonElement stated) ? stated.GetDouble() : null;
                using (ITextModel model = context.OpenTextModel(configuration, checkpoint, scale))
                {
                    RunPrompt(model, referenceCase, outputs, image.Tokens);
                }

                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private static void RunPrompt(ITextModel model, ReferenceCase referenceCase, CaseOutputs outputs, HostTensor tokens)
    {
        int[] ids = [.. referenceCase.IntegerInput("ids").Select(id => checked((int)id))];
        ImageTokens image = new(Array.IndexOf(ids, model.Configuration.ImageTokenId), tokens);
        if (ids.Where((id, i) => id == model.Configuration.ImageTokenId != image.Contains(i)).Any())
        {
            throw new FormatException($"The ids must hold one run of {image.Count} image tokens.");
        }

        HostTensor states = HostTensor.Zeros(model.HiddenStateCount, ids.Length, model.Configuration.HiddenSize);
        int size = ids.Length * model.Configuration.HiddenSize;
        using KeyValueCache cache = model.CreateCache();
        float[] logits = model.Decode(ids, cache, image, (_, index, state) => state.Data.CopyTo(states.Data, index * size));
        outputs.Add("states", states);
        outputs.Add("logits", new TensorShape(logits.Length), logits);
    }
}
