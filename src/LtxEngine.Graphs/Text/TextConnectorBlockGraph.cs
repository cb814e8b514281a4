using System.Collections.Immutable;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// One block of a text connector as a graph whose weights are inputs; one session serves every block of equal sizes.
/// <c>h += Attention(rms(h))</c>; <c>h += FeedForward(rms(h))</c>; the norms have no weight, nothing is masked.
/// </summary>
/// <remarks>
/// Queries and keys are RMS-normalised over the whole width, before they are cut into heads; then RoPE, whose frequencies differ per head.
/// The feed-forward network is linear, GELU (tanh), linear.
/// </remarks>
internal static class TextConnectorBlockGraph
{
    /// <summary>Input: the sequence <c>[tokens, width]</c>.</summary>
    internal const string Hidden = "hidden";

    /// <summary>Input: rotary cosines <c>[heads, tokens, head dimension / 2]</c>.</summary>
    internal const string Cosine = "cosine";

    /// <summary>Input: rotary sines <c>[heads, tokens, head dimension / 2]</c>.</summary>
    internal const string Sine = "sine";

    /// <summary>Output: the sequence after the block.</summary>
    internal const string NextHidden = "next_hidden";

    /// <summary>The weights of a block.</summary>
    internal static ImmutableArray<LayerPart> Parts(TextConnectorConfiguration configuration)
    {
        int width = configuration.Width;
        int inner = configuration.FeedForwardWidth;
        ImmutableArray<LayerPart>.Builder parts = ImmutableArray.CreateBuilder<LayerPart>();
        foreach (string name in (ReadOnlySpan<string>)["attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0"])
        {
            parts.Add(new LayerPart($"{name}.weight", new TensorShape(width, width)));
            parts.Add(new LayerPart($"{name}.bias", new TensorShape(width)));
        }

        parts.Add(new LayerPart("attn1.q_norm.weight", new TensorShape(width)));
        parts.Add(new LayerPart("attn1.k_norm.weight", new TensorShape(width)));
        parts.Add(new LayerPart("ff.net.0.proj.weight", new TensorShape(inner, width)));
        parts.Add(new LayerPart("ff.net.0.proj.bias", new TensorShape(inner)));
        parts.Add(new LayerPart("ff.net.2.weight", new TensorShape(width, inner)));
        parts.Add(new LayerPart("ff.net.2.bias", new TensorShape(width)));
        return parts.ToImmutable();
    }

    /// <summary>Builds the graph.</summary>
    /// <param name="configuration">The sizes of the connector.</param>
    /// <param name="name">The graph's name.</param>
    internal static OnnxGraph Build(TextConnectorConfiguration configuration, string name)
    {
        OnnxGraphBuilder builder = new(name);
        float epsilon = (float)configuration.NormEpsilon;
        int heads = configuration.HeadCount;
        int headDimension = configuration.HeadDimension;
        int half = headDimension / 2;
        GraphValue hidden = builder.Input(Hidden, DataType.Float32, "tokens", configuration.Width);
        GraphValue cosine = builder.Input(Cosine, DataType.Float32, heads, "tokens", half);
        GraphValue sine = builder.Input(Sine, DataType.Float32, heads, "tokens", half);
        Dictionary<string, GraphValue> weights = new(StringComparer.Ordinal);
        foreach (LayerPart part in Parts(configuration))
        {
            GraphDimension[] dimensions = [.. part.Shape.Dimensions.Select(d => (GraphDimension)d)];
            weights.Add(part.Name, builder.Input(part.Name, DataType.Float32, dimensions));
        }

        using (builder.Scope("attn1"))
        {
            GraphValue x = builder.RmsNormalize(hidden, -1, epsilon);
            GraphValue query = Rotate(Heads(Norm(Linear(x, "attn1.to_q"), "attn1.q_norm.weight")));
            GraphValue key = Rotate(Heads(Norm(Linear(x, "attn1.to_k"), "attn1.k_norm.weight")));
            GraphValue value = Heads(Linear(x, "attn1.to_v"));
            query = builder.Multiply(query, builder.Scalar((float)(1 / Math.Sqrt(headDimension))));
            GraphValue scores = builder.MatMul(query, builder.Transpose(key, 0, 2, 1));
            GraphValue weighted = builder.MatMul(builder.Softmax(scores, -1), value);
            GraphValue rows = builder.Reshape(builder.Transpose(weighted, 1, 0, 2), 0, configuration.Width);
            hidden = builder.Add(hidden, Linear(rows, "attn1.to_out.0"));
        }

        using (builder.Scope("ff"))
        {
            GraphValue x = builder.RmsNormalize(hidden, -1, epsilon);
            x = builder.Gelu(Linear(x, "ff.net.0.proj"), tanhApproximation: true);
            hidden = builder.Add(hidden, Linear(x, "ff.net.2"));
        }

        builder.Output(NextHidden, hidden, "tokens", configuration.Width);
        return builder.Build();

        GraphValue Norm(GraphValue x, string weight) => builder.Multiply(builder.RmsNormalize(x, -1, epsilon), weights[weight]);

        GraphValue Linear(GraphValue x, string name) => builder.Gemm(x, weights[name + ".weight"], weights[name + ".bias"], transposeB: true);

        GraphValue Heads(GraphValue x) => builder.Transpose(builder.Reshape(x, 0, heads, headDimension), 1, 0, 2);

        GraphValue Rotate(GraphValue x)
        {
            // Split turns channel j with j + half, interleaved turns 2j with 2j + 1, both by angle j.
            bool isSplit = configuration.RopeType == RopeType.Split;
            GraphValue pairs = isSplit ? builder.Reshape(x, 0, 0, 2, half) : builder.Reshape(x, 0, 0, half, 2);
            int axis = isSplit ? 2 : 3;
            GraphValue[] halves = builder.Split(pairs, axis, 1, 1);
            GraphValue a = builder.Squeeze(halves[0], axis);
            GraphValue b = builder.Squeeze(halves[1], axis);
            GraphValue first = builder.Subtract(builder.Multiply(a, cosine), builder.Multiply(b, sine));
            GraphValue second = builder.Add(builder.Multiply(b, cosine), builder.Multiply(a, sine));
            return isSplit
                ? builder.Concat(-1, first, second)
                : builder.Reshape(builder.Concat(3, builder.Unsqueeze(first, 3), builder.Unsqueeze(second, 3)), 0, 0, headDimension);
        }
    }
}
