using LtxEngine.Checkpoints.Gemma;

namespace LtxEngine.Verification.Components;

/// <summary>A <c>config.json</c> to its resolved values.</summary>
internal sealed class GemmaConfigComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "gemma_config";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        GemmaConfiguration configuration = GemmaConfigurationReader.Read(referenceCase.Parameters.GetProperty("config"), "config");
        outputs.SetExpected(new
        {
            vocab_size = configuration.VocabularySize,
            hidden_size = configuration.HiddenSize,
            intermediate_size = configuration.IntermediateSize,
            num_hidden_layers = configuration.LayerCount,
            num_attention_heads = configuration.HeadCount,
            num_key_value_heads = configuration.KeyValueHeadCount,
            head_dim = configuration.HeadDimension,
            rms_norm_eps = configuration.NormEpsilon,
            query_pre_attn_scalar = configuration.QueryPreAttentionScalar,
            sliding_window = configuration.SlidingWindow,
            hidden_activation = configuration.HiddenActivation,
            global_layers = configuration.GlobalLayers,
            global_theta = configuration.GlobalTheta,
            global_linear_factor = configuration.GlobalLinearFactor,
            local_theta = configuration.LocalTheta,
            vision_hidden_size = configuration.Vision?.HiddenSize,
            vision_layers = configuration.Vision?.LayerCount,
            vision_layer_norm_eps = configuration.Vision?.LayerNormEpsilon,
            mm_tokens_per_image = configuration.TokensPerImage,
            image_token_index = configuration.ImageTokenId,
        });
    }
}
