using System.Text.Json;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The sinusoid of timesteps that are already multiplied.</summary>
internal sealed class TimestepEmbeddingComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "timestep_embedding";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        int width = parameters.GetProperty("width").GetInt32();
        TimestepEmbedding embedding = new(width, parameters.OptionalDouble("max_period", 10000), parameters.OptionalBoolean("cosine_first", true));
        float[] timesteps = referenceCase.Input("timesteps").Data;
        HostTensor result = HostTensor.Zeros(timesteps.Length, width);
        for (int i = 0; i < timesteps.Length; i++)
        {
            embedding.Compute(timesteps[i], result.Data.AsSpan(i * width, width));
        }

        outputs.Add("embedding", result);
    }
}
