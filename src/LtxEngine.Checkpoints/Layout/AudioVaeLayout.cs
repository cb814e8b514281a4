using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the audio VAE.</summary>
internal static class AudioVaeLayout
{
    /// <summary>Lists the encoder's tensors (44 in LTX-2 19B) and the latent statistics.</summary>
    public static IReadOnlyList<ExpectedTensor> ListEncoder(AudioVaeConfiguration configuration)
    {
        TensorListBuilder list = new(AudioVaeConfiguration.EncoderPrefix);
        long channels = configuration.Channels;
        Convolution(list, "conv_in", channels, configuration.InChannels);
        int levels = configuration.ChannelMultipliers.Length;
        for (int level = 0; level < levels; level++)
        {
            long width = Width(configuration, level);
            for (int i = 0; i < configuration.ResidualBlockCount; i++)
            {
                ResidualBlock(list, $"down.{level}.block.{i}", channels, width);
                channels = width;
            }

            if (level < levels - 1)
            {
                // The down-sampler is a plain convolution: its name has no second "conv".
                list.Convolution($"down.{level}.downsample.conv", channels, channels, 3, 3);
            }
        }

        ResidualBlock(list, "mid.block_1", channels, channels);
        ResidualBlock(list, "mid.block_2", channels, channels);
        Convolution(list, "conv_out", 2L * configuration.LatentChannels, channels);
        return [.. list.Tensors, .. ListStatistics(configuration)];
    }

    /// <summary>Lists the decoder's tensors (56 in LTX-2 19B) and the latent statistics.</summary>
    public static IReadOnlyList<ExpectedTensor> ListDecoder(AudioVaeConfiguration configuration)
    {
        TensorListBuilder list = new(AudioVaeConfiguration.DecoderPrefix);
        int levels = configuration.ChannelMultipliers.Length;
        long channels = Width(configuration, levels - 1);
        Convolution(list, "conv_in", channels, configuration.LatentChannels);
        ResidualBlock(list, "mid.block_1", channels, channels);
        ResidualBlock(list, "mid.block_2", channels, channels);
        for (int level = levels - 1; level >= 0; level--)
        {
            long width = Width(configuration, level);
            for (int i = 0; i <= configuration.ResidualBlockCount; i++)
            {
                ResidualBlock(list, $"up.{level}.block.{i}", channels, width);
                channels = width;
            }

            if (level > 0)
            {
                Convolution(list, $"up.{level}.upsample.conv", channels, channels);
            }
        }

        Convolution(list, "conv_out", configuration.OutChannels, channels);
        return [.. list.Tensors, .. ListStatistics(configuration)];
    }

    private static long Width(AudioVaeConfiguration configuration, int level) => (long)configuration.Channels * configuration.ChannelMultipliers[level];

    private static IReadOnlyList<ExpectedTensor> ListStatistics(AudioVaeConfiguration configuration)
    {
        TensorListBuilder list = new(AudioVaeConfiguration.StatisticsPrefix);
        list.Tensor("mean-of-means", configuration.TokenChannels);
        list.Tensor("std-of-means", configuration.TokenChannels);
        list.Optional("mean-of-stds", configuration.TokenChannels);
        list.Optional("mean-of-stds_over_std-of-means", configuration.TokenChannels);
        list.Optional("channel", configuration.TokenChannels);
        return list.Tensors;
    }

    private static void Convolution(TensorListBuilder list, string name, long output, long input) => list.Convolution($"{name}.conv", output, input, 3, 3);

    private static void ResidualBlock(TensorListBuilder list, string name, long input, long output)
    {
        Convolution(list, $"{name}.conv1", output, input);
        Convolution(list, $"{name}.conv2", output, output);
        if (input != output)
        {
            list.Convolution($"{name}.nin_shortcut.conv", output, input, 1, 1);
        }
    }
}
