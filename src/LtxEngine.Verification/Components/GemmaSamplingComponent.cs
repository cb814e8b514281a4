using System.Text.Json;
using LtxEngine.Prompting;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Logits to the probabilities that the next token is drawn from.</summary>
internal sealed class GemmaSamplingComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_sampling";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        HostTensor logits = referenceCase.Input("logits");
        HostTensor probabilities = new(logits.Shape, new float[logits.Data.Length]);
        TokenSampler sampler = new(new TokenSamplingSettings
        {
            Temperature = parameters.OptionalDouble("temperature", 1),
            TopK = (int)parameters.OptionalDouble("top_k", 0),
            TopP = parameters.OptionalDouble("top_p", 1),
        });
        sampler.WriteProbabilities(logits.Data, probabilities.Data);
        outputs.Add("probabilities", probabilities);
    }
}
