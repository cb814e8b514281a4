using System.Text.Json;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The rotary tables of a text connector.</summary>
internal sealed class TextConnectorRopeComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "text_connector_rope";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        int heads = parameters.GetProperty("heads").GetInt32();
        int headDimension = parameters.GetProperty("head_dim").GetInt32();
        int[] rows = [.. parameters.GetProperty("rows").EnumerateArray().Select(r => r.GetInt32())];
        int count = rows.Max() + 1;
        (float[] cosine, float[] sine) = ConnectorRotaryEmbedding.Create(
            heads, headDimension, parameters.GetProperty("theta").GetDouble(), parameters.GetProperty("max_pos").GetInt32(), count);
        outputs.Add("cos", Select(cosine));
        outputs.Add("sin", Select(sine));

        HostTensor Select(float[] table)
        {
            int half = headDimension / 2;
            HostTensor selected = HostTensor.Zeros(heads, rows.Length, half);
            for (int head = 0; head < heads; head++)
            {
                for (int i = 0; i < rows.Length; i++)
                {
                    table.AsSpan(((head * count) + rows[i]) * half, half).CopyTo(selected.Data.AsSpan(((head * rows.Length) + i) * half, half));
                }
            }

            return selected;
        }
    }
}
