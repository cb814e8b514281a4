using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>Builds the graphs of the video VAE; frames, height and width are symbolic.</summary>
internal static class VideoVaeGraphs
{
    /// <summary>The encoder's input, <c>[1, 3, frames, height, width]</c>, values in [−1, 1].</summary>
    public const string VideoName = "video";

    /// <summary>The normalised latent <c>[1, C, latent_frames, latent_height, latent_width]</c>: the encoder's output and the decoder's input.</summary>
    public const string LatentName = "latent";

    /// <summary>The conditioned decoder's standard normal noise, shaped as the latent.</summary>
    public const string NoiseName = "noise";

    /// <summary>The conditioned decoder's timestep <c>[1]</c>.</summary>
    public const string TimestepName = "timestep";

    /// <summary>The conditioned decoder's noise share <c>[1]</c>.</summary>
    public const string NoiseScaleName = "noise_scale";

    /// <summary>Builds the encoder: <c>video → latent</c> (means, normalised by the stored statistics).</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="configuration">Its structure.</param>
    /// <param name="computeType">The type to compute in.</param>
    /// <param name="taps">Module paths below <c>vae.encoder.</c> to hand out: <c>patchify</c>, <c>conv_in</c>, <c>down_blocks.N</c>, <c>conv_norm_out</c>, <c>conv_out</c>.</param>
    /// <exception cref="ModelFormatException">Tensors are missing or misshapen; all are listed.</exception>
    public static OnnxGraph BuildEncoder(
        ITensorCollection checkpoint, VideoVaeConfiguration configuration, DataType computeType = DataType.Float32, IReadOnlySet<string>? taps = null)
    {
        RequirePart(configuration.HasEncoder, "encoder", checkpoint);
        OnnxGraphBuilder graph = new("video_vae_encoder", computeType, taps);
        VideoVaeWeights weights = new(graph, checkpoint);
        VideoVaeLayers layers = new(graph, weights, causal: true, configuration.EncoderPadding);
        const string Prefix = VideoVaeConfiguration.EncoderPrefix;
        long patchChannels = (long)configuration.ImageChannels * configuration.PatchSize * configuration.PatchSize;
        GraphValue video = graph.Input(VideoName, DataType.Float32, 1, configuration.ImageChannels, "frames", "height", "width");

        GraphValue x = layers.Patchify(graph.Cast(video, computeType), configuration.ImageChannels, configuration.PatchSize);
        layers.Tap("patchify", x, patchChannels);
        using (graph.Scope("vae.encoder.conv_in"))
        {
            x = layers.Convolution(x, $"{Prefix}conv_in", patchChannels, configuration.EncoderChannels);
        }

        layers.Tap("conv_in", x, configuration.EncoderChannels);
        long channels = configuration.EncoderChannels;
        for (int i = 0; i < configuration.EncoderBlocks.Length; i++)
        {
            VideoVaeBlock block = configuration.EncoderBlocks[i];
            string key = $"{Prefix}down_blocks.{i}";
            using (graph.Scope(key))
            {
                x = block.Kind == VideoVaeBlockKind.Residual
                    ? ResidualGroup(graph, layers, x, key, block, GraphValue.None)
                    : layers.DownSample(x, key, block);
            }

            channels = block.OutChannels;
            layers.Tap($"down_blocks.{i}", x, channels);
        }

        using (graph.Scope("vae.encoder.conv_norm_out"))
        {
            x = layers.PixelNorm(x, channels);
        }

        layers.Tap("conv_norm_out", x, channels);
        using (graph.Scope("vae.encoder.conv_out"))
        {
            x = layers.Convolution(graph.Silu(x), $"{Prefix}conv_out", channels, configuration.EncoderOutChannels);
        }

        layers.Tap("conv_out", x, configuration.EncoderOutChannels);

        // The channel behind the means is one shared log-variance; the original returns the distribution's mode, so it is not used.
        GraphValue means = graph.Slice(x, 1, 0, configuration.LatentChannels);
        GraphValue latent = graph.Divide(
            graph.Subtract(means, layers.Statistic("mean-of-means", configuration.LatentChannels)),
            layers.Statistic("std-of-means", configuration.LatentChannels));
        graph.Output(
            LatentName,
            graph.Cast(layers.ChannelsFirst(latent), DataType.Float32),
            1,
            configuration.LatentChannels,
            "latent_frames",
            "latent_height",
            "latent_width");
        weights.ThrowIfAnyProblem();
        return graph.Build();
    }

    /// <summary>
    /// Builds the decoder: <c>latent → video</c> (not clamped). A timestep-conditioned one also takes noise, noise scale and timestep
    /// and starts from <c>scale·noise + (1 − scale)·latent</c>.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="configuration">Its structure.</param>
    /// <param name="computeType">The type to compute in.</param>
    /// <param name="taps">Module paths below <c>vae.decoder.</c> to hand out: <c>unnormalised</c>, <c>conv_in</c>, <c>up_blocks.N</c>, <c>conv_norm_out</c>,
    /// <c>conv_out</c>; conditioned also <c>up_blocks.N.time_embedder</c> and <c>last_time_embedder</c>.</param>
    /// <exception cref="ModelFormatException">Tensors are missing or misshapen; all are listed.</exception>
    public static OnnxGraph BuildDecoder(
        ITensorCollection checkpoint, VideoVaeConfiguration configuration, DataType computeType = DataType.Float32, IReadOnlySet<string>? taps = null)
    {
        RequirePart(configuration.HasDecoder, "decoder", checkpoint);
        OnnxGraphBuilder graph = new("video_vae_decoder", computeType, taps);
        VideoVaeWeights weights = new(graph, checkpoint);
        VideoVaeLayers layers = new(graph, weights, configuration.IsDecoderCausal, configuration.DecoderPadding);
        const string Prefix = VideoVaeConfiguration.DecoderPrefix;
        long latentChannels = configuration.LatentChannels;
        GraphDimension[] latentShape = [1, latentChannels, "latent_frames", "latent_height", "latent_width"];
        GraphValue latent = graph.Cast(graph.Input(LatentName, DataType.Float32, latentShape), computeType);
        GraphValue timestep = GraphValue.None;
        if (configuration.IsTimestepConditioned)
        {
            GraphValue noise = graph.Cast(graph.Input(NoiseName, DataType.Float32, latentShape), computeType);
            GraphValue share = graph.Cast(graph.Input(NoiseScaleName, DataType.Float32, 1), computeType);
            GraphValue multiplier = graph.Reshape(weights.Get($"{Prefix}timestep_scale_multiplier"), 1);
            timestep = graph.Multiply(graph.Cast(graph.Input(TimestepName, DataType.Float32, 1), computeType), multiplier);
            latent = graph.Add(graph.Multiply(noise, share), graph.Multiply(latent, graph.Subtract(graph.Scalar(1), share)));
        }

        GraphValue x = graph.Add(
            graph.Multiply(layers.FramesFirst(latent), layers.Statistic("std-of-means", latentChannels)),
            layers.Statistic("mean-of-means", latentChannels));
        layers.Tap("unnormalised", x, latentChannels);
        using (graph.Scope("vae.decoder.conv_in"))
        {
            x = layers.Convolution(x, $"{Prefix}conv_in", latentChannels, configuration.DecoderChannels);
        }

        layers.Tap("conv_in", x, configuration.DecoderChannels);
        long channels = configuration.DecoderChannels;
        for (int i = 0; i < configuration.DecoderBlocks.Length; i++)
        {
            VideoVaeBlock block = configuration.DecoderBlocks[i];
            string key = $"{Prefix}up_blocks.{i}";
            using (graph.Scope(key))
            {
                if (block.Kind == VideoVaeBlockKind.Residual)
                {
                    GraphValue embedding = timestep.Exists ? layers.TimeEmbedding(timestep, $"{key}.time_embedder", 4L * channels) : GraphValue.None;
                    x = ResidualGroup(graph, layers, x, key, block, embedding);
                }
                else
                {
                    x = layers.UpSample(x, key, block);
                }
            }

            channels = block.OutChannels;
            layers.Tap($"up_blocks.{i}", x, channels);
        }

        using (graph.Scope("vae.decoder.conv_norm_out"))
        {
            x = layers.PixelNorm(x, channels);
            layers.Tap("conv_norm_out", x, channels);
            if (timestep.Exists)
            {
                GraphValue embedding = layers.TimeEmbedding(timestep, $"{Prefix}last_time_embedder", 2 * channels);
                GraphValue[] modulation = layers.Modulation($"{Prefix}last_scale_shift_table", embedding, 2, channels);
                x = layers.Modulate(x, modulation[0], modulation[1]);
            }
        }

        long patchChannels = (long)configuration.ImageChannels * configuration.PatchSize * configuration.PatchSize;
        using (graph.Scope("vae.decoder.conv_out"))
        {
            x = layers.Convolution(graph.Silu(x), $"{Prefix}conv_out", channels, patchChannels);
        }

        layers.Tap("conv_out", x, patchChannels);
        graph.Output(
            VideoName,
            graph.Cast(layers.Unpatchify(x, configuration.ImageChannels, configuration.PatchSize), DataType.Float32),
            1,
            configuration.ImageChannels,
            "frames",
            "height",
            "width");
        weights.ThrowIfAnyProblem();
        return graph.Build();
    }

    private static GraphValue ResidualGroup(
        OnnxGraphBuilder graph, VideoVaeLayers layers, GraphValue x, string key, VideoVaeBlock block, GraphValue timeEmbedding)
    {
        for (int i = 0; i < block.LayerCount; i++)
        {
            using (graph.Scope($"res_blocks.{i}"))
            {
                x = layers.ResidualBlock(x, $"{key}.res_blocks.{i}", block.InChannels, timeEmbedding);
            }
        }

        return x;
    }

    private static void RequirePart(bool present, string part, ITensorCollection checkpoint)
    {
        if (!present)
        {
            throw new ModelFormatException(
                checkpoint.DisplayPath(),
                ModelFormatErrorKind.InvalidTensors,
                $"The file holds no video VAE {part} (no tensor begins with 'vae.{part}.'); use a full checkpoint or a VAE extract.");
        }
    }
}
