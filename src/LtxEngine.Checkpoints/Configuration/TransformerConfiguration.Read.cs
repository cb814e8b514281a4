namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record TransformerConfiguration
{
    private const string LaterFamily = "a feature of LTX-2.3 and later, which this engine does not run";

    /// <summary>Reads the configuration of the transformer in a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static TransformerConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static TransformerConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems).Require("transformer", problems);
        AssertConstants(section);

        TensorInspector tensors = new(checkpoint.Tensors, problems);
        int width = tensors.Extent($"{Prefix}patchify_proj.weight", 0, 2);
        int problemsBefore = problems.Count;
        int heads = section.Integer("num_attention_heads", 1, 4096);
        int headDimension = section.Integer("attention_head_dim", 1, 65536);
        if (section.Exists && problems.Count == problemsBefore)
        {
            CheckWidth(problems, "num_attention_heads", heads, headDimension, width, "patchify_proj.weight");
        }

        bool hasAudio = tensors.HasPrefix($"{Prefix}audio_patchify_proj.");
        int blocks = tensors.Count($"{Prefix}transformer_blocks.");
        TransformerConfiguration configuration = new()
        {
            // A file that lost its last blocks must not pass as a smaller model; more blocks than stated are taken as they are.
            BlockCount = Math.Max(blocks, section.Integer("num_layers", 1, 1024, Math.Max(blocks, 1))),
            HasAudio = hasAudio,
            VideoHeadCount = heads,
            VideoHeadDimension = headDimension,
            VideoInChannels = tensors.Extent($"{Prefix}patchify_proj.weight", 1, 2),
            VideoOutChannels = tensors.Extent($"{Prefix}proj_out.weight", 0, 2),
            VideoFeedForwardWidth = tensors.Extent($"{Prefix}transformer_blocks.0.ff.net.0.proj.weight", 0, 2),
            CaptionChannels = tensors.Extent($"{Prefix}caption_projection.linear_1.weight", 1, 2),
            NormEpsilon = section.Positive("norm_eps", 1e-6),
            RopeType = section.Choice<RopeType>("rope_type", null, ("split", RopeType.Split), ("interleaved", RopeType.Interleaved)),
            UsesFloat64Frequencies = section.Choice<bool>("frequencies_precision", null, ("float64", true), ("float32", false)),
            RopeTheta = section.Positive("positional_embedding_theta", 10000),
            VideoMaxPositions = section.Numbers("positional_embedding_max_pos", 3),
            TimestepScaleMultiplier = section.Positive("timestep_scale_multiplier", 1000),
            TimestepEmbeddingChannels = tensors.Extent($"{Prefix}adaln_single.emb.timestep_embedder.linear_1.weight", 1, 2),
        };
        if (configuration.TimestepEmbeddingChannels % 2 != 0 && configuration.TimestepEmbeddingChannels != 1)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{Prefix}adaln_single.emb.timestep_embedder.linear_1.weight' takes {configuration.TimestepEmbeddingChannels} channels; the sinusoid needs an even number.");
        }

        return hasAudio ? ReadAudio(configuration, section, tensors, problems) : configuration;
    }

    private static TransformerConfiguration ReadAudio(TransformerConfiguration configuration, ConfigurationSection section, TensorInspector tensors, ProblemList problems)
    {
        int width = tensors.Extent($"{Prefix}audio_patchify_proj.weight", 0, 2);
        int problemsBefore = problems.Count;
        int heads = section.Integer("audio_num_attention_heads", 1, 4096);
        int headDimension = section.Integer("audio_attention_head_dim", 1, 65536);
        if (section.Exists && problems.Count == problemsBefore)
        {
            CheckWidth(problems, "audio_num_attention_heads", heads, headDimension, width, "audio_patchify_proj.weight");
        }

        return configuration with
        {
            AudioHeadCount = heads,
            AudioHeadDimension = headDimension,
            AudioInChannels = tensors.Extent($"{Prefix}audio_patchify_proj.weight", 1, 2),
            AudioOutChannels = tensors.Extent($"{Prefix}audio_proj_out.weight", 0, 2),
            AudioFeedForwardWidth = tensors.Extent($"{Prefix}transformer_blocks.0.audio_ff.net.0.proj.weight", 0, 2),
            AudioCrossAttentionDimension = section.Integer("audio_cross_attention_dim", 1, 1 << 20, width),
            AudioMaxPositions = section.Numbers("audio_positional_embedding_max_pos", 1),
            CrossModalTimestepScaleMultiplier = section.Positive("av_ca_timestep_scale_multiplier"),
        };
    }

    private static void CheckWidth(ProblemList problems, string key, int heads, int headDimension, int width, string tensor)
    {
        if ((long)heads * headDimension != width && width > 1)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.transformer.{key} × head dimension is {heads} × {headDimension} = {(long)heads * headDimension}, but '{Prefix}{tensor}' has the width {width}; they must agree.");
        }
    }

    private static void AssertConstants(ConfigurationSection section)
    {
        section.Require("attention_type", "default");
        section.Require("dropout", 0);
        section.Require("attention_bias", true);
        section.RequireAbsent("num_vector_embeds", "it must be null");
        section.Require("activation_fn", "gelu-approximate");
        section.Require("num_embeds_ada_norm", 1000);
        section.Require("use_linear_projection", false);
        section.Require("only_cross_attention", false);
        section.Require("cross_attention_norm", true);
        section.Require("double_self_attention", false);
        section.Require("upcast_attention", false);
        section.Require("standardization_norm", "rms_norm");
        section.Require("norm_elementwise_affine", false);
        section.Require("qk_norm", "rms_norm");
        section.Require("positional_embedding_type", "rope");
        section.Require("use_audio_video_cross_attention", true);
        section.Require("share_ff", false);
        section.Require("av_cross_ada_norm", true);
        section.Require("use_middle_indices_grid", true);
        section.Require("causal_temporal_positioning", true);
        section.RequireAbsent("apply_gated_attention", LaterFamily);
        section.RequireAbsent("cross_attention_adaln", LaterFamily);
        section.RequireAbsent("caption_proj_before_connector", LaterFamily);
        section.RequireAbsent("use_keyframes_abs_pos_embedding", LaterFamily);
        if (section.Has("ff_bias"))
        {
            section.Require("ff_bias", true);
        }
    }
}
