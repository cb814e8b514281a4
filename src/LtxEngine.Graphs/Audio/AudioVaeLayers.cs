using LtxEngine.Graphs.Building;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// The layers that encoder and decoder of the audio VAE share. Tensors are <c>[batch, channels, time, mel]</c>; time is causal: a
/// convolution sees only its own and earlier rows, mel is symmetric.
/// </summary>
/// <param name="builder">The graph under construction.</param>
/// <param name="weights">The checkpoint's weights.</param>
/// <param name="prefix">The prefix of the network's tensors, ending with a dot.</param>
internal sealed class AudioVaeLayers(OnnxGraphBuilder builder, GraphWeightReader weights, string prefix)
{
    /// <summary>Added under the root of the pixel norm. The video VAE has another one.</summary>
    private const float PixelNormEpsilon = 1e-6f;

    /// <summary>Convolution with zeros in front of time (kernel − 1 rows) and on both sides of mel.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="name">The layer's name below the prefix; its tensors are <c>name.conv.weight</c> and <c>.bias</c>.</param>
    /// <param name="inChannels">Channels that enter.</param>
    /// <param name="outChannels">Channels that leave.</param>
    public GraphValue CausalConvolution(GraphValue x, string name, long inChannels, long outChannels)
    {
        string weight = $"{prefix}{name}.conv.weight";
        long time = weights.Extent(weight, 2);
        long mel = weights.Extent(weight, 3);
        long melBefore = (mel - 1) / 2;
        return builder.Convolution(
            x,
            weights.Read(weight, outChannels, inChannels, time, mel),
            weights.Read($"{prefix}{name}.conv.bias", outChannels),
            new ConvolutionSettings { Padding = [time - 1, melBefore, 0, mel - 1 - melBefore] });
    }

    /// <summary>Convolution with stride 2 on both axes; zeros: two rows in front of time, one column behind mel. Time becomes ⌈time / 2⌉.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="name">The layer's name below the prefix.</param>
    /// <param name="channels">Channels that enter and leave.</param>
    public GraphValue Downsample(GraphValue x, string name, long channels) => builder.Convolution(
        x,
        weights.Read($"{prefix}{name}.conv.weight", channels, channels, 3, 3),
        weights.Read($"{prefix}{name}.conv.bias", channels),
        new ConvolutionSettings { Strides = [2, 2], Padding = [2, 0, 0, 1] });

    /// <summary>
    /// Doubles both axes by nearest neighbour, convolves, and drops the first row: with causal padding it has no counterpart in the
    /// encoder. Time becomes 2·time − 1.
    /// </summary>
    /// <param name="x">The operand.</param>
    /// <param name="name">The layer's name below the prefix.</param>
    /// <param name="channels">Channels that enter and leave.</param>
    public GraphValue Upsample(GraphValue x, string name, long channels)
    {
        GraphValue enlarged = builder.ResizeNearest(x, 1, 1, 2, 2);
        return builder.Slice(CausalConvolution(enlarged, $"{name}.conv", channels, channels), axis: 2, start: 1, end: long.MaxValue);
    }

    /// <summary><c>shortcut(x) + conv2(activation(conv1(activation(x))))</c>; the shortcut is a 1×1 convolution where the file has one.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="name">The block's name below the prefix.</param>
    /// <param name="inChannels">Channels that enter.</param>
    /// <param name="outChannels">Channels that leave.</param>
    public GraphValue ResidualBlock(GraphValue x, string name, long inChannels, long outChannels)
    {
        using GraphScope scope = builder.Scope(name);
        GraphValue hidden = CausalConvolution(Activation(x), $"{name}.conv1", inChannels, outChannels);
        hidden = CausalConvolution(Activation(hidden), $"{name}.conv2", outChannels, outChannels);
        GraphValue shortcut = inChannels != outChannels ? CausalConvolution(x, $"{name}.nin_shortcut", inChannels, outChannels) : x;
        GraphValue result = builder.Add(shortcut, hidden);
        builder.Tap(name, result, "batch", outChannels, $"{name}.time", $"{name}.mel");
        return result;
    }

    /// <summary>SiLU after the pixel norm <c>x / √(mean over channels of x² + 10⁻⁶)</c>.</summary>
    /// <param name="x">The operand.</param>
    public GraphValue Activation(GraphValue x) => builder.Silu(builder.RmsNormalize(x, axis: 1, PixelNormEpsilon));

    /// <summary>Mean and standard deviation of the latents, per channel and mel bin, shaped <c>[1, channels, 1, bins]</c>.</summary>
    /// <param name="statisticsPrefix">The prefix of the statistics' tensors.</param>
    /// <param name="channels">Latent channels.</param>
    /// <param name="bins">Latent mel bins.</param>
    public (GraphValue Mean, GraphValue StandardDeviation) LatentStatistics(string statisticsPrefix, long channels, long bins)
    {
        return (Statistic("mean-of-means"), Statistic("std-of-means"));

        // Stored over the packed features of a token, channel · bins + bin.
        GraphValue Statistic(string name) =>
            builder.Reshape(weights.Read($"{statisticsPrefix}{name}", channels * bins), 1, channels, 1, bins);
    }
}
