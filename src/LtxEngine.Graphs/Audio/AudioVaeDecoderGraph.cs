using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Audio;

/// <summary>Builds the decoder of the audio VAE: normalised latent <c>[batch, channels, frames, bins]</c> → log-mel <c>[batch, out, 4·frames − 3, mel]</c>.</summary>
internal static class AudioVaeDecoderGraph
{
    /// <summary>The graph's name and the name of its exported file.</summary>
    public const string Name = "audio_vae_decoder";

    /// <summary>The input.</summary>
    public const string LatentInput = "latent";

    /// <summary>The output.</summary>
    public const string MelOutput = "mel";

    /// <summary>Builds the graph.</summary>
    /// <param name="checkpoint">An open checkpoint with the decoder.</param>
    /// <param name="taps">
    /// Intermediate tensors to hand out: <c>unnormalised</c>, <c>conv_in</c>, <c>mid.block_1</c>, <c>mid.block_2</c>,
    /// <c>up.L.block.N</c>, <c>up.L.upsample</c>, <c>conv_out</c>; null for none.
    /// </param>
    /// <param name="computeType">The type that it computes in; inputs and outputs are fp32.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="ModelFormatException">Everything that is missing or has a wrong shape.</exception>
    public static OnnxGraph Build(ITensorCollection checkpoint, IReadOnlySet<string>? taps = null, DataType computeType = DataType.Float32)
    {
        AudioVaeConfiguration configuration = AudioVaeConfiguration.Read(checkpoint);
        OnnxGraphBuilder builder = new(Name, computeType, taps);
        GraphWeightReader weights = new(builder, checkpoint);
        AudioVaeLayers layers = new(builder, weights, AudioVaeConfiguration.DecoderPrefix);
        long bins = configuration.LatentMelBins;
        GraphValue latent = builder.Input(LatentInput, DataType.Float32, "batch", configuration.LatentChannels, "latent_frames", bins);
        (GraphValue mean, GraphValue deviation) = layers.LatentStatistics(AudioVaeConfiguration.StatisticsPrefix, configuration.LatentChannels, bins);
        GraphValue x = builder.Add(builder.Multiply(builder.Cast(latent, computeType), deviation), mean);
        builder.Tap("unnormalised", x, "batch", configuration.LatentChannels, "latent_frames", bins);

        int lastLevel = configuration.ChannelMultipliers.Length - 1;
        long channels = (long)configuration.Channels * configuration.ChannelMultipliers[lastLevel];
        x = layers.CausalConvolution(x, "conv_in", configuration.LatentChannels, channels);
        builder.Tap("conv_in", x, "batch", channels, "latent_frames", bins);
        x = layers.ResidualBlock(x, "mid.block_1", channels, channels);
        x = layers.ResidualBlock(x, "mid.block_2", channels, channels);
        for (int level = lastLevel; level >= 0; level--)
        {
            long outChannels = (long)configuration.Channels * configuration.ChannelMultipliers[level];
            for (int block = 0; block <= configuration.ResidualBlockCount; block++)
            {
                x = layers.ResidualBlock(x, $"up.{level}.block.{block}", channels, outChannels);
                channels = outChannels;
            }

            if (level > 0)
            {
                string name = $"up.{level}.upsample";
                using GraphScope scope = builder.Scope(name);
                x = layers.Upsample(x, name, channels);
                builder.Tap(name, x, "batch", channels, $"{name}.time", $"{name}.mel");
            }
        }

        x = layers.CausalConvolution(layers.Activation(x), "conv_out", channels, configuration.OutChannels);
        builder.Tap("conv_out", x, "batch", configuration.OutChannels, "mel_frames", configuration.MelBins);
        builder.Output(MelOutput, builder.Cast(x, DataType.Float32), "batch", configuration.OutChannels, "mel_frames", configuration.MelBins);
        weights.ThrowIfIncomplete();
        return builder.Build();
    }
}
