using System.Text.Json;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The rotary tables of Gemma's local and global layers.</summary>
internal sealed class GemmaRopeComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_rope";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        int headDimension = parameters.GetProperty("head_dim").GetInt32();
        int[] rows = [.. parameters.GetProperty("rows").EnumerateArray().Select(r => r.GetInt32())];
        Add("local", new GemmaRotaryEmbedding(headDimension, parameters.GetProperty("local_theta").GetDouble(), 1));
        Add("global", new GemmaRotaryEmbedding(
            headDimension, parameters.GetProperty("global_theta").GetDouble(), parameters.GetProperty("global_linear_factor").GetDouble()));

        void Add(string name, GemmaRotaryEmbedding embedding)
        {
            int half = embedding.HalfWidth;
            HostTensor cosine = HostTensor.Zeros(rows.Length, half);
            HostTensor sine = HostTensor.Zeros(rows.Length, half);
            for (int i = 0; i < rows.Length; i++)
            {
                embedding.Write(rows[i], 1, cosine.Data.AsSpan(i * half, half), sine.Data.AsSpan(i * half, half));
            }

            outputs.Add(name + "_cos", cosine);
            outputs.Add(name + "_sin", sine);
        }
    }
}
