using System.Text.Json;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The rotary tables of the transformer (and of the text connectors, whose positions are token indices).</summary>
internal sealed class RopeComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "rope";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        int width = parameters.GetProperty("dim").GetInt32();
        int heads = parameters.GetProperty("heads").GetInt32();
        RotaryLayout layout = parameters.GetProperty("layout").GetString() switch
        {
            "split" => RotaryLayout.Split,
            "interleaved" => RotaryLayout.Interleaved,
            string other => throw new FormatException($"parameters.layout is '{other}'; split or interleaved is allowed."),
            null => throw new FormatException("parameters.layout is null."),
        };
        double[] maxPositions = [.. parameters.GetProperty("max_pos").EnumerateArray().Select(p => p.GetDouble())];
        RotaryEmbedding rotary = new(
            width,
            heads,
            layout,
            parameters.OptionalDouble("theta", 10000),
            maxPositions,
            string.Equals(parameters.OptionalString("frequencies_precision"), "float64", StringComparison.Ordinal),
            parameters.OptionalBoolean("use_middle_indices_grid", true));
        HostTensor positions = referenceCase.Input("positions");
        int tokens = positions.Shape.Extent(positions.Shape.Rank - 2);
        int pairs = width / 2;
        float[] cosines = new float[tokens * pairs];
        float[] sines = new float[tokens * pairs];
        rotary.Compute(positions.Data, tokens, cosines, sines);
        outputs.Add("cos", Arrange(cosines, tokens, heads, pairs, layout));
        outputs.Add("sin", Arrange(sines, tokens, heads, pairs, layout));
    }

    /// <summary>Split: [heads, tokens, headDim/2]; interleaved: [tokens, width] with every value twice.</summary>
    private static HostTensor Arrange(float[] values, int tokens, int heads, int pairs, RotaryLayout layout)
    {
        if (layout == RotaryLayout.Interleaved)
        {
            HostTensor repeated = HostTensor.Zeros(tokens, 2 * pairs);
            for (int i = 0; i < repeated.Data.Length; i++)
            {
                repeated.Data[i] = values[i / 2];
            }

            return repeated;
        }

        int half = pairs / heads;
        HostTensor perHead = HostTensor.Zeros(heads, tokens, half);
        for (int head = 0; head < heads; head++)
        {
            for (int token = 0; token < tokens; token++)
            {
                values.AsSpan((token * pairs) + (head * half), half).CopyTo(perHead.Data.AsSpan(((head * tokens) + token) * half, half));
            }
        }

        return perHead;
    }
}
