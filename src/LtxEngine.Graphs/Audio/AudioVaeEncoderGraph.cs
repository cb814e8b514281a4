using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>
/// Builds the encoder of the audio VAE: log-mel <c>[batch, in, time, mel]</c> → means of the normalised latent
/// <c>[batch, channels, ⌈time / 4⌉, bins]</c> (the log-variances are not used).
/// </summary>
internal static class AudioVaeEncoderGraph
{
    /// <summary>The graph's name and the name of its exported file.</summary>
    public const string Name = "audio_vae_encoder";

    /// <summary>The input.</summary>
    public const string MelInput = "mel";

    /// <summary>The output.</summary>
    public const string LatentOutput = "latent";

    /// <summary>Builds the graph.</summary>
    /// <param name="checkpoint">An open checkpoint with the encoder.</param>
    /// <param name="taps">
    /// Intermediate tensors to hand out: <c>conv_in</c>, <c>down.L.block.N</c>, <c>down.L.downsample</c>, <c>mid.block_1</c>,
    /// <c>mid.block_2</c>, <c>conv_out</c> (means, then log-variances); null for none.
    /// </param>
    /// <param name="computeType">The type that it computes in; inputs and outputs are fp32.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    public static OnnxGraph Build(ITensorCollection checkpoint, IReadOnlySet<string>? taps = null, DataType computeType = DataType.Float32)
    {
        AudioVaeConfiguration configuration = AudioVaeConfiguration.Read(checkpoint);
        OnnxGraphBuilder builder = new(Name, computeType, taps);
        GraphWeightReader weights = new(builder, checkpoint);
        AudioVaeLayers layers = new(builder, weights, AudioVaeConfiguration.EncoderPrefix);
        GraphValue mel = builder.Input(MelInput, DataType.Float32, "batch", configuration.InChannels, "mel_frames", configuration.MelBins);
        long channels = configuration.Channels;
        GraphValue x = layers.CausalConvolution(builder.Cast(mel, computeType), "conv_in", configuration.InChannels, channels);
        builder.Tap("conv_in", x, "batch", channels, "mel_frames", configuration.MelBins);
        int lastLevel = configuration.ChannelMultipliers.Length - 1;
        for (int level = 0; level <= lastLevel; level++)
        {
            long outChannels = (long)configuration.Channels * configuration.ChannelMultipliers[level];
            for (int block = 0; block < configuration.ResidualBlockCount; block++)
            {
                x = layers.ResidualBlock(x, $"down.{level}.block.{block}", channels, outChannels);
                channels = outChannels;
            }

            if (level < lastLevel)
            {
                string name = $"down.{level}.downsample";
                using GraphScope scope = builder.Scope(name);
                x = layers.Downsample(x, name, channels);
                builder.Tap(name, x, "batch", channels, $"{name}.time", $"{name}.mel");
            }
        }

        x = layers.ResidualBlock(x, "mid.block_1", channels, channels);
        x = layers.ResidualBlock(x, "mid.block_2", channels, channels);
        long latentChannels = configuration.LatentChannels;
        long bins = configuration.LatentMelBins;
        x = layers.CausalConvolution(layers.Activation(x), "conv_out", channels, 2 * latentChannels);
        builder.Tap("conv_out", x, "batch", 2 * latentChannels, "latent_frames", bins);
        (GraphValue mean, GraphValue deviation) = layers.LatentStatistics(AudioVaeConfiguration.StatisticsPrefix, latentChannels, bins);
        x = builder.Divide(builder.Subtract(builder.Slice(x, axis: 1, start: 0, end: latentChannels), mean), deviation);
        builder.Output(LatentOutput, builder.Cast(x, DataType.Float32), "batch", latentChannels, "latent_frames", bins);
        weights.ThrowIfIncomplete();
        return builder.Build();
    }
}
