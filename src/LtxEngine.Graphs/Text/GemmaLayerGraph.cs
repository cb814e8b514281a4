using System.Collections.Immutable;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// One decoder layer of Gemma 3 as a graph whose weights are inputs, so that one session serves every layer, local and global:
/// these differ only in the rotary tables and the mask given to them.
/// </summary>
/// <remarks>
/// <c>h += N_post_attention(Attention(N_input(h)))</c>; <c>h += N_post_feedforward(MLP(N_pre_feedforward(h)))</c>.
/// Every norm is RMS with the factor 1 + w; queries and keys are normalised per head before RoPE;
/// <c>MLP(x) = down(gelu_tanh(gate x) ⊙ up x)</c>.
/// </remarks>
internal static class GemmaLayerGraph
{
    /// <summary>Input: the residual stream <c>[tokens, hidden]</c>.</summary>
    internal const string Hidden = "hidden";

    /// <summary>Input: rotary cosines <c>[tokens, head dimension / 2]</c>.</summary>
    internal const string Cosine = "cosine";

    /// <summary>Input: rotary sines <c>[tokens, head dimension / 2]</c>.</summary>
    internal const string Sine = "sine";

    /// <summary>Input: 0 where a token sees a key, −∞ where it does not, <c>[tokens, past + tokens]</c>.</summary>
    internal const string Mask = "mask";

    /// <summary>Input: keys of the tokens before <c>[key-value heads, past, head dimension]</c>.</summary>
    internal const string PastKey = "past_key";

    /// <summary>Input: values of the tokens before <c>[key-value heads, past, head dimension]</c>.</summary>
    internal const string PastValue = "past_value";

    /// <summary>Output: the residual stream after the layer.</summary>
    internal const string NextHidden = "next_hidden";

    /// <summary>Output: keys <c>[key-value heads, past + tokens, head dimension]</c>.</summary>
    internal const string Key = "key";

    /// <summary>Output: values <c>[key-value heads, past + tokens, head dimension]</c>.</summary>
    internal const string Value = "value";

    /// <summary>The weights of a layer, in the order in which they are used.</summary>
    internal static ImmutableArray<LayerPart> Parts(GemmaConfiguration configuration)
    {
        int hidden = configuration.HiddenSize;
        int queries = configuration.HeadCount * configuration.HeadDimension;
        int keys = configuration.KeyValueHeadCount * configuration.HeadDimension;
        return
        [
            new("input_layernorm.weight", new TensorShape(hidden)),
            new("self_attn.q_proj.weight", new TensorShape(queries, hidden)),
            new("self_attn.k_proj.weight", new TensorShape(keys, hidden)),
            new("self_attn.v_proj.weight", new TensorShape(keys, hidden)),
            new("self_attn.q_norm.weight", new TensorShape(configuration.HeadDimension)),
            new("self_attn.k_norm.weight", new TensorShape(configuration.HeadDimension)),
            new("self_attn.o_proj.weight", new TensorShape(hidden, queries)),
            new("post_attention_layernorm.weight", new TensorShape(hidden)),
            new("pre_feedforward_layernorm.weight", new TensorShape(hidden)),
            new("mlp.gate_proj.weight", new TensorShape(configuration.IntermediateSize, hidden)),
            new("mlp.up_proj.weight", new TensorShape(configuration.IntermediateSize, hidden)),
            new("mlp.down_proj.weight", new TensorShape(hidden, configuration.IntermediateSize)),
            new("post_feedforward_layernorm.weight", new TensorShape(hidden)),
        ];
    }

    /// <summary>Builds the graph.</summary>
    /// <param name="configuration">The sizes of the model.</param>
    internal static OnnxGraph Build(GemmaConfiguration configuration)
    {
        OnnxGraphBuilder builder = new("gemma_layer");
        float epsilon = (float)configuration.NormEpsilon;
        int headDimension = configuration.HeadDimension;
        int keyValueHeads = configuration.KeyValueHeadCount;
        int group = configuration.HeadCount / keyValueHeads;

        GraphValue hidden = builder.Input(Hidden, DataType.Float32, "tokens", configuration.HiddenSize);
        GraphValue cosine = builder.Input(Cosine, DataType.Float32, "tokens", headDimension / 2);
        GraphValue sine = builder.Input(Sine, DataType.Float32, "tokens", headDimension / 2);
        GraphValue mask = builder.Input(Mask, DataType.Float32, "tokens", "keys");
        GraphValue pastKey = builder.Input(PastKey, DataType.Float32, keyValueHeads, "past", headDimension);
        GraphValue pastValue = builder.Input(PastValue, DataType.Float32, keyValueHeads, "past", headDimension);
        Dictionary<string, GraphValue> weights = new(StringComparer.Ordinal);
        foreach (LayerPart part in Parts(configuration))
        {
            GraphDimension[] dimensions = [.. part.Shape.Dimensions.Select(d => (GraphDimension)d)];
            weights.Add(part.Name, builder.Input(part.Name, DataType.Float32, dimensions));
        }

        GraphValue key;
        GraphValue value;
        using (builder.Scope("self_attn"))
        {
            GraphValue x = Norm(hidden, "input_layernorm.weight");

            // [tokens, queries] → [key-value heads, query heads per key-value head, tokens, head]: no key or value is repeated.
            GraphValue query = builder.Reshape(Project(x, "self_attn.q_proj.weight"), 0, keyValueHeads, group, headDimension);
            query = Rotate(builder.Transpose(Norm(query, "self_attn.q_norm.weight"), 1, 2, 0, 3));
            query = builder.Multiply(query, builder.Scalar((float)(1 / Math.Sqrt(configuration.QueryPreAttentionScalar))));
            key = builder.Reshape(Project(x, "self_attn.k_proj.weight"), 0, keyValueHeads, headDimension);
            key = Rotate(builder.Transpose(Norm(key, "self_attn.k_norm.weight"), 1, 0, 2));
            key = builder.Concat(1, pastKey, key);
            value = builder.Reshape(Project(x, "self_attn.v_proj.weight"), 0, keyValueHeads, headDimension);
            value = builder.Concat(1, pastValue, builder.Transpose(value, 1, 0, 2));

            GraphValue scores = builder.MatMul(query, builder.Transpose(builder.Unsqueeze(key, 1), 0, 1, 3, 2));
            GraphValue weighted = builder.MatMul(builder.Softmax(builder.Add(scores, mask), -1), builder.Unsqueeze(value, 1));
            GraphValue rows = builder.Reshape(builder.Transpose(weighted, 2, 0, 1, 3), 0, keyValueHeads * group * headDimension);
            GraphValue branch = Norm(Project(rows, "self_attn.o_proj.weight"), "post_attention_layernorm.weight");
            hidden = builder.Add(hidden, branch);
        }

        using (builder.Scope("mlp"))
        {
            GraphValue x = Norm(hidden, "pre_feedforward_layernorm.weight");
            GraphValue gate = builder.Gelu(Project(x, "mlp.gate_proj.weight"), tanhApproximation: true);
            GraphValue product = builder.Multiply(gate, Project(x, "mlp.up_proj.weight"));
            GraphValue branch = Norm(Project(product, "mlp.down_proj.weight"), "post_feedforward_layernorm.weight");
            hidden = builder.Add(hidden, branch);
        }

        builder.Output(NextHidden, hidden, "tokens", configuration.HiddenSize);
        builder.Output(Key, key, keyValueHeads, "keys", headDimension);
        builder.Output(Value, value, keyValueHeads, "keys", headDimension);
        return builder.Build();

        GraphValue Norm(GraphValue x, string weight) =>
            builder.Multiply(builder.RmsNormalize(x, -1, epsilon), builder.Add(weights[weight], builder.Scalar(1)));

        // Gemm reads a weight stored [out, in] as it is; a transposed copy of an input would double a layer's memory.
        GraphValue Project(GraphValue x, string weight) => builder.Gemm(x, weights[weight], GraphValue.None, transposeB: true);

        GraphValue Rotate(GraphValue x)
        {
            GraphValue[] halves = builder.Split(x, -1, headDimension / 2, headDimension / 2);
            GraphValue first = builder.Subtract(builder.Multiply(halves[0], cosine), builder.Multiply(halves[1], sine));
            GraphValue second = builder.Add(builder.Multiply(halves[1], cosine), builder.Multiply(halves[0], sine));
            return builder.Concat(-1, first, second);
        }
    }
}
