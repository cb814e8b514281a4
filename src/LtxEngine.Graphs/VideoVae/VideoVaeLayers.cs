using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// The layers of the video VAE as graph nodes. Activations lie as <c>[frames, channels, height, width]</c>: a 3×3×3 convolution is then
/// one 2-D convolution over three neighbouring frames, for which ONNX Runtime's processor kernels are faster than for 3-D ones.
/// </summary>
internal sealed class VideoVaeLayers(OnnxGraphBuilder graph, VideoVaeWeights weights, bool causal, SpatialPadding padding)
{
    /// <summary>The epsilon of the pixel norm: that of the original, smaller than the audio VAE's.</summary>
    public const float PixelNormEpsilon = 1e-8f;

    private const int TimeEmbeddingChannels = 256;

    /// <summary><c>[1, C, F, H, W]</c> to the layout of these layers.</summary>
    public GraphValue FramesFirst(GraphValue video) => graph.Transpose(graph.Squeeze(video, 0), 1, 0, 2, 3);

    /// <summary>The layout of these layers to <c>[1, C, F, H, W]</c>.</summary>
    public GraphValue ChannelsFirst(GraphValue x) => graph.Unsqueeze(graph.Transpose(x, 1, 0, 2, 3), 0);

    /// <summary>Offers an activation under its module path in the layout of the original.</summary>
    public void Tap(string name, GraphValue x, long channels)
    {
        if (graph.WantsTap(name))
        {
            graph.Tap(name, ChannelsFirst(x), 1, channels, $"{name}.frames", $"{name}.height", $"{name}.width");
        }
    }

    /// <summary>
    /// The 3×3×3 convolution <c>CausalConv3d</c>. Time is padded with copies of the edge frames (causal: the first one twice in front;
    /// else one at each end), space with zeros or a mirror image.
    /// </summary>
    /// <param name="x"><c>[F, in, H, W]</c>.</param>
    /// <param name="key">The module's key; the weight is <c>key.conv.weight [out, in, 3, 3, 3]</c>.</param>
    /// <param name="inChannels">Channels that enter.</param>
    /// <param name="outChannels">Channels that leave.</param>
    /// <returns><c>[F, out, H, W]</c>.</returns>
    public GraphValue Convolution(GraphValue x, string key, long inChannels, long outChannels)
    {
        GraphValue weight = weights.GetStored($"{key}.conv.weight", outChannels, inChannels, 3, 3, 3);
        GraphValue bias = weights.Get($"{key}.conv.bias", outChannels);
        if (padding == SpatialPadding.Reflect)
        {
            x = graph.Pad(x, PaddingMode.Reflect, [2, 3], [1, 1], [1, 1]);
        }

        ConvolutionSettings settings = padding == SpatialPadding.Zeros ? new() { Padding = [1, 1, 1, 1] } : ConvolutionSettings.Default;
        GraphValue padded = graph.Pad(x, PaddingMode.Edge, [0], [causal ? 2 : 1], [causal ? 0 : 1]);
        GraphValue[] taps =
        [
            graph.Slice(padded, 0, 0, -2),
            causal ? graph.Slice(padded, 0, 1, -1) : x,
            causal ? x : graph.Slice(padded, 0, 2, long.MaxValue),
        ];
        GraphValue sum = graph.Convolution(taps[0], Kernel(0), bias, settings);
        for (int time = 1; time < 3; time++)
        {
            sum = graph.Add(graph.Convolution(taps[time], Kernel(time), GraphValue.None, settings), sum);
        }

        return sum;

        // Cut before the cast: constant folding at load then never holds the whole weight in fp32 beside its parts.
        GraphValue Kernel(int time) => graph.Cast(graph.Gather(weight, graph.Integer(time), 2), graph.ComputeType);
    }

    /// <summary><c>x / √(mean over channels of x² + 1e-8)</c>.</summary>
    /// <remarks>
    /// The mean is a product with a row of 1/C: ONNX Runtime's own mean changes its order of summation when there are fewer frames than threads,
    /// and results must not depend on the number of threads.
    /// </remarks>
    public GraphValue PixelNorm(GraphValue x, long channels)
    {
        float[] row = new float[channels];
        Array.Fill(row, 1f / channels);
        GraphValue squares = graph.Reshape(graph.Multiply(x, x), 0, channels, -1);
        GraphValue meanSquare = graph.MatMul(graph.Constant(row, 1, channels), squares);
        GraphValue root = graph.SquareRoot(graph.Add(meanSquare, graph.Scalar(PixelNormEpsilon)));
        return graph.Divide(x, graph.Reshape(root, 0, 1, graph.ExtentOf(x, 2), graph.ExtentOf(x, 3)));
    }

    /// <summary><c>x + conv2(SiLU(norm(conv1(SiLU(norm(x))))))</c>; with conditioning <c>norm(x)·(1 + scale) + shift</c> in place of the norm.</summary>
    /// <param name="x"><c>[F, C, H, W]</c>.</param>
    /// <param name="key">The module's key.</param>
    /// <param name="channels">C.</param>
    /// <param name="timeEmbedding"><c>[1, 4C]</c> (shift1, scale1, shift2, scale2), or <see cref="GraphValue.None"/>.</param>
    public GraphValue ResidualBlock(GraphValue x, string key, long channels, GraphValue timeEmbedding)
    {
        GraphValue[] modulation = timeEmbedding.Exists ? Modulation($"{key}.scale_shift_table", timeEmbedding, 4, channels) : [];
        GraphValue hidden = Convolution(Activate(x, 0), $"{key}.conv1", channels, channels);
        return graph.Add(x, Convolution(Activate(hidden, 1), $"{key}.conv2", channels, channels));

        GraphValue Activate(GraphValue value, int index)
        {
            GraphValue norm = PixelNorm(value, channels);
            return graph.Silu(modulation.Length == 0 ? norm : Modulate(norm, modulation[2 * index], modulation[(2 * index) + 1]));
        }
    }

    /// <summary><c>x·(1 + scale) + shift</c>.</summary>
    public GraphValue Modulate(GraphValue x, GraphValue shift, GraphValue scale) =>
        graph.Add(graph.Multiply(x, graph.Add(scale, graph.Scalar(1))), shift);

    /// <summary>The rows of <c>table + embedding</c>, each as <c>[1, C, 1, 1]</c>.</summary>
    public GraphValue[] Modulation(string tableKey, GraphValue timeEmbedding, int rows, long channels)
    {
        GraphValue table = weights.Get(tableKey, rows, channels);
        GraphValue sum = graph.Reshape(graph.Add(table, graph.Reshape(timeEmbedding, rows, channels)), rows, channels, 1, 1);
        long[] lengths = new long[rows];
        Array.Fill(lengths, 1);
        return graph.Split(sum, 0, lengths);
    }

    /// <summary>
    /// The time embedding of a scaled timestep τ: <c>[cos(τf), sin(τf)]</c> with <c>fᵢ = exp(−ln(10000)·i/128)</c>, two linear layers with SiLU between.
    /// </summary>
    /// <param name="timestep"><c>[1]</c>.</param>
    /// <param name="key">The module's key.</param>
    /// <param name="channels">Channels that leave.</param>
    /// <returns><c>[1, channels]</c>.</returns>
    public GraphValue TimeEmbedding(GraphValue timestep, string key, long channels)
    {
        const int Half = TimeEmbeddingChannels / 2;
        float[] frequencies = new float[Half];
        for (int i = 0; i < Half; i++)
        {
            frequencies[i] = (float)Math.Exp(-Math.Log(10000) * i / Half);
        }

        GraphValue angles = graph.Multiply(graph.Reshape(timestep, 1, 1), graph.Constant(frequencies, 1, Half));
        GraphValue sinusoid = graph.Concat(1, graph.Cosine(angles), graph.Sine(angles));
        string module = $"{key}.timestep_embedder";
        long width = weights.Extent($"{module}.linear_1.weight", 0);
        GraphValue hidden = graph.Silu(Linear(sinusoid, "linear_1", TimeEmbeddingChannels, width));
        GraphValue embedding = Linear(hidden, "linear_2", width, channels);
        graph.Tap(key[(key.IndexOf("decoder.", StringComparison.Ordinal) + "decoder.".Length)..], embedding, 1, channels);
        return embedding;

        GraphValue Linear(GraphValue value, string name, long inWidth, long outWidth) => graph.Linear(
            value,
            weights.Get($"{module}.{name}.weight", outWidth, inWidth),
            weights.Get($"{module}.{name}.bias", outWidth));
    }

    /// <summary>
    /// Moves space and time into channels, channel index <c>((c·st + t)·s + row)·s + column</c>:
    /// <c>[F, C, H, W] → [F/st, C·st·s², H/s, W/s]</c>.
    /// </summary>
    public GraphValue SpaceToDepth(GraphValue x, long channels, long timeStride, long spaceStride)
    {
        GraphValue height = DividedExtent(x, 2, spaceStride);
        GraphValue width = DividedExtent(x, 3, spaceStride);
        GraphValue blocks = graph.Reshape(x, -1, timeStride, channels, height, spaceStride, width, spaceStride);
        return graph.Reshape(graph.Transpose(blocks, 0, 2, 1, 4, 6, 3, 5), 0, channels * timeStride * spaceStride * spaceStride, height, width);
    }

    /// <summary>The inverse of <see cref="SpaceToDepth"/>: <c>[F, C·st·s², H, W] → [F·st, C, H·s, W·s]</c>.</summary>
    public GraphValue DepthToSpace(GraphValue x, long channels, long timeStride, long spaceStride)
    {
        if (spaceStride > 1)
        {
            x = graph.DepthToSpace(x, (int)spaceStride);
        }

        if (timeStride == 1)
        {
            return x;
        }

        GraphValue height = graph.ExtentOf(x, 2);
        GraphValue width = graph.ExtentOf(x, 3);
        GraphValue split = graph.Transpose(graph.Reshape(x, 0, channels, timeStride, -1), 0, 2, 1, 3);
        return graph.Reshape(split, -1, channels, height, width);
    }

    /// <summary>
    /// The encoder's down-sampler: convolution and space-to-depth, plus the mean over groups of channels of the operand's space-to-depth.
    /// With a time stride of 2 the first frame is doubled first.
    /// </summary>
    public GraphValue DownSample(GraphValue x, string key, VideoVaeBlock block)
    {
        if (block.TimeStride > 1)
        {
            x = graph.Pad(x, PaddingMode.Edge, [0], [block.TimeStride - 1], [0]);
        }

        long convolved = block.OutChannels / block.StrideProduct;
        GraphValue main = SpaceToDepth(Convolution(x, $"{key}.conv", block.InChannels, convolved), convolved, block.TimeStride, block.SpaceStride);
        GraphValue skip = SpaceToDepth(x, block.InChannels, block.TimeStride, block.SpaceStride);
        long group = (long)block.InChannels * block.StrideProduct / block.OutChannels;
        if (group > 1)
        {
            GraphValue height = graph.ExtentOf(skip, 2);
            GraphValue width = graph.ExtentOf(skip, 3);
            GraphValue mean = graph.ReduceMean(graph.Reshape(skip, 0, block.OutChannels, group, -1), keepDimensions: false, 2);
            skip = graph.Reshape(mean, 0, block.OutChannels, height, width);
        }

        return graph.Add(main, skip);
    }

    /// <summary>
    /// The decoder's up-sampler: convolution and depth-to-space, plus (when residual) the operand's depth-to-space with its channels repeated
    /// as a whole. With a time stride of 2 the first frame is dropped.
    /// </summary>
    public GraphValue UpSample(GraphValue x, string key, VideoVaeBlock block)
    {
        long convolved = (long)block.OutChannels * block.StrideProduct;
        GraphValue main = DropFirst(DepthToSpace(Convolution(x, $"{key}.conv", block.InChannels, convolved), block.OutChannels, block.TimeStride, block.SpaceStride));
        if (!block.HasResidual)
        {
            return main;
        }

        long skipChannels = block.InChannels / block.StrideProduct;
        GraphValue skip = DropFirst(DepthToSpace(x, skipChannels, block.TimeStride, block.SpaceStride));
        GraphValue[] copies = new GraphValue[block.OutChannels / skipChannels];
        Array.Fill(copies, skip);
        return graph.Add(main, graph.Concat(1, copies));

        GraphValue DropFirst(GraphValue value) => block.TimeStride > 1 ? graph.Slice(value, 0, block.TimeStride - 1, long.MaxValue) : value;
    }

    /// <summary>
    /// Folds patches into channels, channel index <c>(c·p + column)·p + row</c>: <c>[1, C, F, H, W] → [F, C·p², H/p, W/p]</c>.
    /// The column is the slower one, unlike the usual pixel unshuffle.
    /// </summary>
    public GraphValue Patchify(GraphValue video, long channels, long patch)
    {
        GraphValue height = DividedExtent(video, 3, patch);
        GraphValue width = DividedExtent(video, 4, patch);
        GraphValue blocks = graph.Reshape(video, channels, -1, height, patch, width, patch);
        return graph.Reshape(graph.Transpose(blocks, 1, 0, 5, 3, 2, 4), 0, channels * patch * patch, height, width);
    }

    /// <summary>The inverse of <see cref="Patchify"/>: <c>[F, C·p², h, w] → [1, C, F, h·p, w·p]</c>.</summary>
    public GraphValue Unpatchify(GraphValue x, long channels, long patch)
    {
        GraphValue frames = graph.ExtentOf(x, 0);
        GraphValue height = graph.ExtentOf(x, 2);
        GraphValue width = graph.ExtentOf(x, 3);
        GraphValue blocks = graph.Transpose(graph.Reshape(x, 0, channels, patch, patch, height, width), 1, 0, 4, 3, 5, 2);
        return graph.Reshape(
            blocks, 1, channels, frames, graph.Multiply(height, graph.Integers(patch)), graph.Multiply(width, graph.Integers(patch)));
    }

    /// <summary>A per-channel statistic as <c>[1, C, 1, 1]</c>.</summary>
    public GraphValue Statistic(string name, long channels) =>
        graph.Reshape(weights.Get($"{VideoVaeConfiguration.StatisticsPrefix}{name}", channels), 1, channels, 1, 1);

    private GraphValue DividedExtent(GraphValue x, int axis, long divisor) => graph.Divide(graph.ExtentOf(x, axis), graph.Integers(divisor));
}
