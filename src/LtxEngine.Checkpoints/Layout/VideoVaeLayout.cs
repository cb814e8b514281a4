using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the video VAE.</summary>
internal static class VideoVaeLayout
{
    private const int TimestepChannels = 256;

    /// <summary>Lists the encoder's tensors (92 in LTX-2 19B) and the latent statistics.</summary>
    public static IReadOnlyList<ExpectedTensor> ListEncoder(VideoVaeConfiguration configuration)
    {
        TensorListBuilder list = new(VideoVaeConfiguration.EncoderPrefix);
        Convolution(list, "conv_in", configuration.EncoderChannels, PatchChannels(configuration));
        long channels = configuration.EncoderChannels;
        for (int i = 0; i < configuration.EncoderBlocks.Length; i++)
        {
            VideoVaeBlock block = configuration.EncoderBlocks[i];
            AddBlock(list, $"down_blocks.{i}.", block, block.OutChannels / block.StrideProduct, isConditioned: false);
            channels = block.OutChannels;
        }

        // One log-variance is shared by all channels.
        Convolution(list, "conv_out", configuration.LatentChannels + 1, channels);
        return [.. list.Tensors, .. ListStatistics(configuration)];
    }

    /// <summary>Lists the decoder's tensors (90 in LTX-2 19B) and the latent statistics.</summary>
    public static IReadOnlyList<ExpectedTensor> ListDecoder(VideoVaeConfiguration configuration)
    {
        TensorListBuilder list = new(VideoVaeConfiguration.DecoderPrefix);
        Convolution(list, "conv_in", configuration.DecoderChannels, configuration.LatentChannels);
        long channels = configuration.DecoderChannels;
        for (int i = 0; i < configuration.DecoderBlocks.Length; i++)
        {
            VideoVaeBlock block = configuration.DecoderBlocks[i];
            AddBlock(list, $"up_blocks.{i}.", block, (long)block.OutChannels * block.StrideProduct, configuration.IsTimestepConditioned);
            channels = block.OutChannels;
        }

        Convolution(list, "conv_out", PatchChannels(configuration), channels);
        if (configuration.IsTimestepConditioned)
        {
            list.Tensor("timestep_scale_multiplier");
            list.Linear("last_time_embedder.timestep_embedder.linear_1", 2 * channels, TimestepChannels);
            list.Linear("last_time_embedder.timestep_embedder.linear_2", 2 * channels, 2 * channels);
            list.Tensor("last_scale_shift_table", 2, channels);
        }

        return [.. list.Tensors, .. ListStatistics(configuration)];
    }

    private static long PatchChannels(VideoVaeConfiguration configuration) => (long)configuration.ImageChannels * configuration.PatchSize * configuration.PatchSize;

    private static IReadOnlyList<ExpectedTensor> ListStatistics(VideoVaeConfiguration configuration)
    {
        TensorListBuilder list = new(VideoVaeConfiguration.StatisticsPrefix);
        list.Tensor("mean-of-means", configuration.LatentChannels);
        list.Tensor("std-of-means", configuration.LatentChannels);
        list.Optional("mean-of-stds", configuration.LatentChannels);
        list.Optional("mean-of-stds_over_std-of-means", configuration.LatentChannels);
        list.Optional("channel", configuration.LatentChannels);
        return list.Tensors;
    }

    private static void Convolution(TensorListBuilder list, string name, long output, long input) => list.Convolution($"{name}.conv", output, input, 3, 3, 3);

    private static void AddBlock(TensorListBuilder list, string name, VideoVaeBlock block, long resamplerOutput, bool isConditioned)
    {
        if (block.Kind != VideoVaeBlockKind.Residual)
        {
            Convolution(list, $"{name}conv", resamplerOutput, block.InChannels);
            return;
        }

        long channels = block.OutChannels;
        if (isConditioned)
        {
            list.Linear($"{name}time_embedder.timestep_embedder.linear_1", 4 * channels, TimestepChannels);
            list.Linear($"{name}time_embedder.timestep_embedder.linear_2", 4 * channels, 4 * channels);
        }

        for (int i = 0; i < block.LayerCount; i++)
        {
            Convolution(list, $"{name}res_blocks.{i}.conv1", channels, channels);
            Convolution(list, $"{name}res_blocks.{i}.conv2", channels, channels);
            if (isConditioned)
            {
                list.Tensor($"{name}res_blocks.{i}.scale_shift_table", 4, channels);
            }
        }
    }
}
