namespace LtxEngine.Checkpoints.Configuration;

internal sealed partial record TextConditioningConfiguration
{
    /// <summary>The prefix of the video connector's tensors.</summary>
    public const string VideoPrefix = $"{TransformerConfiguration.Prefix}video_embeddings_connector.";
    private const string AudioPrefix = $"{TransformerConfiguration.Prefix}audio_embeddings_connector.";
    private const string LaterFamily = "a feature of LTX-2.3 and later, which this engine does not run";

    /// <summary>Reads the configuration of the text side of a checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <exception cref="ModelFormatException">All problems of the configuration and of the tensors that show the structure.</exception>
    public static TextConditioningConfiguration Read(ITensorCollection checkpoint) => ProblemList.Read(checkpoint, Read);

    /// <summary>Reads the configuration and notes what is wrong.</summary>
    internal static TextConditioningConfiguration Read(ITensorCollection checkpoint, ProblemList problems)
    {
        ConfigurationSection section = StoredConfiguration.Read(checkpoint, problems).Require("transformer", problems);
        section.RequireAbsent("connector_apply_gated_attention", LaterFamily);
        section.RequireAbsent("caption_projection_first_linear", LaterFamily);
        section.RequireAbsent("caption_projection_second_linear", LaterFamily);
        section.RequireAbsent("caption_proj_input_norm", LaterFamily);
        section.RequireAbsent("text_encoder_norm_type", LaterFamily);
        section.Require("use_embeddings_connector", true);
        section.Require("connector_norm_output", true);

        TensorInspector tensors = new(checkpoint.Tensors, problems);
        return new TextConditioningConfiguration
        {
            ProjectionInputWidth = tensors.Extent(ProjectionWeight, 1, 2),
            ProjectionOutputWidth = tensors.Extent(ProjectionWeight, 0, 2),
            Video = ReadConnector(VideoPrefix, "connector", section, tensors, problems),
            Audio = tensors.HasPrefix(AudioPrefix) || tensors.HasPrefix($"{TransformerConfiguration.Prefix}audio_patchify_proj.")
                ? ReadConnector(AudioPrefix, "audio_connector", section, tensors, problems)
                : null,
        };
    }

    private static TextConnectorConfiguration ReadConnector(string prefix, string keyPrefix, ConfigurationSection section, TensorInspector tensors, ProblemList problems)
    {
        // The audio connector's own keys exist only in later files; without them it is built like the video connector.
        string Key(string name) => section.Has($"{keyPrefix}_{name}") ? $"{keyPrefix}_{name}" : $"connector_{name}";

        int width = tensors.Extent($"{prefix}learnable_registers", 1, 2);
        int headDimension = section.Integer(Key("attention_head_dim"), 1, 65536, 128);
        int heads = section.Integer(Key("num_attention_heads"), 1, 4096, Math.Max(width / headDimension, 1));
        if ((long)heads * headDimension != width && width > 1 && section.Exists)
        {
            problems.Add(
                ModelFormatErrorKind.InvalidConfiguration,
                $"config.transformer.{Key("num_attention_heads")} × head dimension is {heads} × {headDimension}, but '{prefix}learnable_registers' has the width {width}; they must agree.");
        }

        int layers = tensors.Count($"{prefix}transformer_1d_blocks.");
        return new TextConnectorConfiguration
        {
            Prefix = prefix,
            LayerCount = Math.Max(layers, section.Integer(Key("num_layers"), 1, 1024, Math.Max(layers, 1))),
            HeadCount = heads,
            HeadDimension = headDimension,
            FeedForwardWidth = tensors.Extent($"{prefix}transformer_1d_blocks.0.ff.net.0.proj.weight", 0, 2),
            RegisterCount = tensors.Extent($"{prefix}learnable_registers", 0, 2),
            MaxPosition = section.Numbers("connector_positional_embedding_max_pos", 1)[0],
            RopeType = section.Choice<RopeType>("rope_type", null, ("split", RopeType.Split), ("interleaved", RopeType.Interleaved)),
            UsesFloat64Frequencies = section.Choice<bool>("frequencies_precision", null, ("float64", true), ("float32", false)),
            RopeTheta = section.Positive("positional_embedding_theta", 10000),
            NormEpsilon = section.Positive("norm_eps", 1e-6),
        };
    }
}
