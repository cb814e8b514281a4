using System.Collections.Immutable;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text.Vision;

/// <summary>
/// Gemma's vision tower (SigLIP) as three graphs whose weights are inputs: patches to rows, one encoder layer, rows to soft tokens.
/// The layer graph has one session for all layers.
/// </summary>
/// <remarks>
/// A layer is <c>h += Attention(LN₁(h))</c>; <c>h += fc2(gelu_tanh(fc1(LN₂(h))))</c>; norms are layer norms with weight and bias, every
/// linear layer has a bias, nothing is masked.
/// </remarks>
internal static class GemmaVisionGraphs
{
    /// <summary>Input of the embedding: the picture <c>[1, 3, size, size]</c> in [−1, 1].</summary>
    internal const string Pixels = "pixels";

    /// <summary>Input of the layer and the projector: <c>[patches, width]</c>.</summary>
    internal const string Hidden = "hidden";

    /// <summary>Output of the embedding and the layer: <c>[patches, width]</c>.</summary>
    internal const string NextHidden = "next_hidden";

    /// <summary>Output of the projector: rows after the last norm <c>[patches, width]</c>.</summary>
    internal const string Features = "features";

    /// <summary>Output of the projector: soft tokens <c>[tokens, hidden size]</c>.</summary>
    internal const string Tokens = "tokens";

    private const string PatchWeight = "embeddings.patch_embedding.weight";
    private const string PatchBias = "embeddings.patch_embedding.bias";
    private const string Positions = "embeddings.position_embedding.weight";
    private const string LastNorm = "post_layernorm";
    private const string TokenNorm = "mm_soft_emb_norm.weight";
    private const string TokenProjection = "mm_input_projection_weight";

    /// <summary>Patches along one edge of the picture.</summary>
    internal static int Grid(GemmaVisionConfiguration vision) => vision.ImageSize / vision.PatchSize;

    /// <summary>The weights of the embedding, below the tower's prefix.</summary>
    internal static ImmutableArray<LayerPart> EmbeddingParts(GemmaVisionConfiguration vision) =>
    [
        new(PatchWeight, new TensorShape(vision.HiddenSize, 3, vision.PatchSize, vision.PatchSize)),
        new(PatchBias, new TensorShape(vision.HiddenSize)),
        new(Positions, new TensorShape((long)Grid(vision) * Grid(vision), vision.HiddenSize)),
    ];

    /// <summary>The weights of a layer, below the layer's prefix.</summary>
    internal static ImmutableArray<LayerPart> LayerParts(GemmaVisionConfiguration vision)
    {
        int width = vision.HiddenSize;
        ImmutableArray<LayerPart>.Builder parts = ImmutableArray.CreateBuilder<LayerPart>();
        AddNorm("layer_norm1");
        AddLinear("self_attn.q_proj", width, width);
        AddLinear("self_attn.k_proj", width, width);
        AddLinear("self_attn.v_proj", width, width);
        AddLinear("self_attn.out_proj", width, width);
        AddNorm("layer_norm2");
        AddLinear("mlp.fc1", vision.IntermediateSize, width);
        AddLinear("mlp.fc2", width, vision.IntermediateSize);
        return parts.ToImmutable();

        void AddNorm(string name)
        {
            parts.Add(new LayerPart($"{name}.weight", new TensorShape(width)));
            parts.Add(new LayerPart($"{name}.bias", new TensorShape(width)));
        }

        void AddLinear(string name, int outputs, int inputs)
        {
            parts.Add(new LayerPart($"{name}.weight", new TensorShape(outputs, inputs)));
            parts.Add(new LayerPart($"{name}.bias", new TensorShape(outputs)));
        }
    }

    /// <summary>The weights of the tower's last norm, below the tower's prefix.</summary>
    internal static ImmutableArray<LayerPart> LastNormParts(GemmaVisionConfiguration vision) =>
    [
        new($"{LastNorm}.weight", new TensorShape(vision.HiddenSize)),
        new($"{LastNorm}.bias", new TensorShape(vision.HiddenSize)),
    ];

    /// <summary>The weights of the projector, below the projector's prefix.</summary>
    internal static ImmutableArray<LayerPart> ProjectorParts(GemmaConfiguration configuration) =>
    [
        new(TokenNorm, new TensorShape(configuration.Vision!.HiddenSize)),
        new(TokenProjection, new TensorShape(configuration.Vision.HiddenSize, configuration.HiddenSize)),
    ];

    /// <summary>A picture to one row per patch: a convolution with stride = patch size, plus a learned vector per place.</summary>
    internal static OnnxGraph BuildEmbedding(GemmaVisionConfiguration vision)
    {
        OnnxGraphBuilder builder = new("gemma_vision_embedding");
        GraphValue pixels = builder.Input(Pixels, DataType.Float32, 1, 3, vision.ImageSize, vision.ImageSize);
        Dictionary<string, GraphValue> weights = DeclareWeights(builder, EmbeddingParts(vision));
        ConvolutionSettings settings = new() { Strides = [vision.PatchSize, vision.PatchSize] };
        GraphValue patches = builder.Convolution(pixels, weights[PatchWeight], weights[PatchBias], settings);
        GraphValue rows = builder.Transpose(builder.Reshape(patches, vision.HiddenSize, -1), 1, 0);
        builder.Output(NextHidden, builder.Add(rows, weights[Positions]), "patches", vision.HiddenSize);
        return builder.Build();
    }

    /// <summary>One encoder layer.</summary>
    internal static OnnxGraph BuildLayer(GemmaVisionConfiguration vision)
    {
        OnnxGraphBuilder builder = new("gemma_vision_layer");
        GraphValue hidden = builder.Input(Hidden, DataType.Float32, "patches", vision.HiddenSize);
        Dictionary<string, GraphValue> weights = DeclareWeights(builder, LayerParts(vision));
        int headDimension = vision.HiddenSize / vision.HeadCount;
        long[] heads = [.. Enumerable.Repeat((long)headDimension, vision.HeadCount)];

        using (builder.Scope("self_attn"))
        {
            GraphValue x = Norm(hidden, "layer_norm1");
            GraphValue scaled = builder.Multiply(Linear(x, "self_attn.q_proj"), builder.Scalar((float)(1 / Math.Sqrt(headDimension))));
            GraphValue[] queries = builder.Split(scaled, 1, heads);
            GraphValue[] keys = builder.Split(Linear(x, "self_attn.k_proj"), 1, heads);
            GraphValue[] values = builder.Split(Linear(x, "self_attn.v_proj"), 1, heads);

            // Head by head: the scores of all 16 heads over 4096 patches would take a gigabyte.
            GraphValue[] weighted = [.. queries.Select((query, head) =>
                builder.MatMul(builder.Softmax(builder.MatMul(query, builder.Transpose(keys[head], 1, 0)), -1), values[head]))];
            hidden = builder.Add(hidden, Linear(builder.Concat(1, weighted), "self_attn.out_proj"));
        }

        using (builder.Scope("mlp"))
        {
            GraphValue x = builder.Gelu(Linear(Norm(hidden, "layer_norm2"), "mlp.fc1"), tanhApproximation: true);
            hidden = builder.Add(hidden, Linear(x, "mlp.fc2"));
        }

        builder.Output(NextHidden, hidden, "patches", vision.HiddenSize);
        return builder.Build();

        GraphValue Norm(GraphValue x, string name) => LayerNorm(builder, x, weights, name, vision.LayerNormEpsilon);

        GraphValue Linear(GraphValue x, string name) => builder.Gemm(x, weights[$"{name}.weight"], weights[$"{name}.bias"], transposeB: true);
    }

    /// <summary>
    /// Rows to soft tokens: last norm; mean over squares of patches; RMS norm with the factor 1 + w; product with a matrix stored <c>[in, out]</c>.
    /// </summary>
    internal static OnnxGraph BuildProjector(GemmaConfiguration configuration)
    {
        GemmaVisionConfiguration vision = configuration.Vision!;
        OnnxGraphBuilder builder = new("gemma_vision_projector");
        int width = vision.HiddenSize;
        int side = (int)Math.Sqrt(configuration.TokensPerImage);
        int square = Grid(vision) / side;
        GraphValue hidden = builder.Input(Hidden, DataType.Float32, (long)Grid(vision) * Grid(vision), width);
        Dictionary<string, GraphValue> weights = DeclareWeights(builder, [.. LastNormParts(vision), .. ProjectorParts(configuration)]);
        GraphValue features = LayerNorm(builder, hidden, weights, LastNorm, vision.LayerNormEpsilon);

        // The averaged axes go last: over a middle axis the rounding would depend on the number of threads.
        GraphValue squares = builder.Transpose(builder.Reshape(features, side, square, side, square, width), 0, 2, 4, 1, 3);
        GraphValue pooled = builder.ReduceMean(builder.Reshape(squares, side * side, width, square * square), keepDimensions: false, 2);
        GraphValue factor = builder.Add(weights[TokenNorm], builder.Scalar(1));
        GraphValue normed = builder.Multiply(builder.RmsNormalize(pooled, -1, (float)vision.LayerNormEpsilon), factor);
        GraphValue tokens = builder.Gemm(normed, weights[TokenProjection], GraphValue.None);
        builder.Output(Features, features, (long)Grid(vision) * Grid(vision), width);
        builder.Output(Tokens, tokens, side * side, configuration.HiddenSize);
        return builder.Build();
    }

    private static Dictionary<string, GraphValue> DeclareWeights(OnnxGraphBuilder builder, ImmutableArray<LayerPart> parts)
    {
        Dictionary<string, GraphValue> weights = new(StringComparer.Ordinal);
        foreach (LayerPart part in parts)
        {
            GraphDimension[] dimensions = [.. part.Shape.Dimensions.Select(d => (GraphDimension)d)];
            weights.Add(part.Name, builder.Input(part.Name, DataType.Float32, dimensions));
        }

        return weights;
    }

    private static GraphValue LayerNorm(OnnxGraphBuilder builder, GraphValue x, Dictionary<string, GraphValue> weights, string name, double epsilon) =>
        builder.Node(
            "LayerNormalization",
            [x, weights[$"{name}.weight"], weights[$"{name}.bias"]],
            x.DataType,
            GraphAttribute.Integer("axis", -1),
            GraphAttribute.Number("epsilon", (float)epsilon));
}
