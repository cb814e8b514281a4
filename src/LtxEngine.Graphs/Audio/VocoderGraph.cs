using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Builds the vocoder (HiFi-GAN): log-mel <c>[batch, audio channels, time, mel]</c> → waveform <c>[batch, audio channels, samples]</c>
/// in (−1, 1), a fixed number of samples per mel frame.
/// </summary>
internal static class VocoderGraph
{
    /// <summary>The graph's name and the name of its exported file.</summary>
    public const string Name = "vocoder";

    /// <summary>The input.</summary>
    public const string MelInput = "mel";

    /// <summary>The output.</summary>
    public const string WaveformOutput = "waveform";

    private const float Slope = 0.1f;

    // The original calls its last activation without a slope and so gets the framework's default instead of 0.1.
    private const float LastSlope = 0.01f;

    /// <summary>Builds the graph.</summary>
    /// <param name="checkpoint">An open checkpoint with the vocoder.</param>
    /// <param name="taps">
    /// Intermediate tensors to hand out: <c>conv_pre</c>, <c>ups.N</c>, <c>resblocks.N</c>, <c>conv_post</c>; null for none.
    /// </param>
    /// <param name="computeType">The type that it computes in; inputs and outputs are fp32.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    public static OnnxGraph Build(ITensorCollection checkpoint, IReadOnlySet<string>? taps = null, DataType computeType = DataType.Float32)
    {
        VocoderConfiguration configuration = VocoderConfiguration.Read(checkpoint);
        OnnxGraphBuilder builder = new(Name, computeType, taps);
        GraphWeightReader weights = new(builder, checkpoint);
        long audioChannels = configuration.OutChannels;
        long melBins = configuration.InChannels / audioChannels;
        GraphValue mel = builder.Input(MelInput, DataType.Float32, "batch", audioChannels, "mel_frames", melBins);

        // Both channels enter side by side: channel = audio channel · mel bins + bin.
        GraphValue x = builder.Reshape(builder.Transpose(builder.Cast(mel, computeType), 0, 1, 3, 2), 0, configuration.InChannels, -1);
        long channels = configuration.InitialChannels;
        x = Convolution(builder, weights, x, "conv_pre", configuration.InChannels, channels, dilation: 1);
        builder.Tap("conv_pre", x, "batch", channels, "mel_frames");
        int blocksPerStep = configuration.ResidualKernelSizes.Length;
        for (int step = 0; step < configuration.UpsampleRates.Length; step++)
        {
            x = Upsample(builder, weights, configuration, x, step, channels);
            channels /= 2;
            GraphValue sum = GraphValue.None;
            for (int block = 0; block < blocksPerStep; block++)
            {
                GraphValue result = ResidualBlock(
                    builder, weights, x, (step * blocksPerStep) + block, channels, configuration.ResidualDilations[block]);
                sum = sum.Exists ? builder.Add(sum, result) : result;
            }

            x = builder.Multiply(sum, builder.Scalar(1f / blocksPerStep));
        }

        x = Convolution(builder, weights, builder.LeakyRelu(x, LastSlope), "conv_post", channels, audioChannels, dilation: 1);
        builder.Tap("conv_post", x, "batch", audioChannels, "samples");
        builder.Output(WaveformOutput, builder.Cast(builder.Tanh(x), DataType.Float32), "batch", audioChannels, "samples");
        weights.ThrowIfIncomplete();
        return builder.Build();
    }

    private static GraphValue Upsample(
        OnnxGraphBuilder builder, GraphWeightReader weights, VocoderConfiguration configuration, GraphValue x, int step, long channels)
    {
        string name = $"ups.{step}";
        using GraphScope scope = builder.Scope(name);
        int kernel = configuration.UpsampleKernelSizes[step];
        int rate = configuration.UpsampleRates[step];
        int padding = (kernel - rate) / 2;
        GraphValue result = builder.TransposedConvolution(
            builder.LeakyRelu(x, Slope),
            weights.Read($"{VocoderConfiguration.Prefix}{name}.weight", channels, channels / 2, kernel),
            weights.Read($"{VocoderConfiguration.Prefix}{name}.bias", channels / 2),
            new ConvolutionSettings { Strides = [rate], Padding = [padding, padding] });
        builder.Tap(name, result, "batch", channels / 2, $"{name}.time");
        return result;
    }

    private static GraphValue ResidualBlock(
        OnnxGraphBuilder builder, GraphWeightReader weights, GraphValue x, int index, long channels, ImmutableArray<int> dilations)
    {
        string name = $"resblocks.{index}";
        using GraphScope scope = builder.Scope(name);
        for (int i = 0; i < dilations.Length; i++)
        {
            GraphValue hidden = Convolution(builder, weights, builder.LeakyRelu(x, Slope), $"{name}.convs1.{i}", channels, channels, dilations[i]);
            hidden = Convolution(builder, weights, builder.LeakyRelu(hidden, Slope), $"{name}.convs2.{i}", channels, channels, dilation: 1);
            x = builder.Add(x, hidden);
        }

        builder.Tap(name, x, "batch", channels, $"{name}.time");
        return x;
    }

    private static GraphValue Convolution(
        OnnxGraphBuilder builder, GraphWeightReader weights, GraphValue x, string name, long inChannels, long outChannels, int dilation)
    {
        string weight = $"{VocoderConfiguration.Prefix}{name}.weight";
        long kernel = weights.Extent(weight, 2);
        long padding = dilation * (kernel - 1) / 2;
        return builder.Convolution(
            x,
            weights.Read(weight, outChannels, inChannels, kernel),
            weights.Read($"{VocoderConfiguration.Prefix}{name}.bias", outChannels),
            new ConvolutionSettings { Padding = [padding, padding], Dilations = [dilation] });
    }
}
