using System.Text.Json.Nodes;
using LtxEngine.Checkpoints.Layout;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Layout;

public sealed class LtxCheckpointTests : IDisposable
{
    private const ModelComponents WholeModel = ModelComponents.Transformer | ModelComponents.TextConditioning | ModelComponents.VideoVaeEncoder
        | ModelComponents.VideoVaeDecoder | ModelComponents.AudioVaeEncoder | ModelComponents.AudioVaeDecoder | ModelComponents.Vocoder;

    private const string Block = "model.diffusion_model.transformer_blocks.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.safetensors", (int)WholeModel, 0)]
    [InlineData("model-fp8.safetensors", (int)ModelComponents.Transformer, 0)]
    [InlineData("model-fp4.safetensors", (int)ModelComponents.Transformer, 0)]
    [InlineData("vae-conditioned.safetensors", (int)ModelComponents.VideoVaeDecoder, 0)]
    [InlineData("vae-epsilon.safetensors", (int)(ModelComponents.VideoVaeEncoder | ModelComponents.VideoVaeDecoder | ModelComponents.AudioVaeEncoder | ModelComponents.AudioVaeDecoder), 0)]
    [InlineData("spatial-upscaler-x2.safetensors", (int)ModelComponents.LatentUpsampler, 0)]
    [InlineData("spatial-upscaler-x1_5.safetensors", (int)ModelComponents.LatentUpsampler, 0)]
    [InlineData("spatial-upscaler-x2-plain.safetensors", (int)ModelComponents.LatentUpsampler, 0)]
    [InlineData("temporal-upscaler-x2.safetensors", (int)ModelComponents.LatentUpsampler, 0)]
    public void Genuine_small_files_are_complete(string name, int components, int unknown)
    {
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", name));
        Assert.Equal((ModelComponents)components, checkpoint.Components);
        checkpoint.Require(checkpoint.Components);
        Assert.Equal(unknown, checkpoint.UnknownTensors.Count);
    }

    [Fact]
    public void The_demo_model_is_complete()
    {
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));
        checkpoint.Require(WholeModel);
        Assert.Empty(checkpoint.UnknownTensors);
    }

    [Fact]
    public void A_component_that_is_absent_is_an_error_only_when_asked_for()
    {
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "vae-conditioned.safetensors"));
        checkpoint.Require(ModelComponents.VideoVaeDecoder);
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => checkpoint.Require(ModelComponents.VideoVaeDecoder | ModelComponents.Vocoder));
        Assert.Contains("vocoder (vocoder.*)", Assert.Single(exception.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_of_all_components_come_in_one_error()
    {
        CheckpointEditor editor = new("model.safetensors");
        editor.Remove(name => name is Block + "1.attn1.to_q.weight" or Block + "2.audio_ff.net.2.bias" or "vocoder.conv_post.bias" or "vae.per_channel_statistics.mean-of-means");
        editor.Reshape(Block + "0.attn2.to_k.weight", 128, 64);
        editor.Reshape("text_embedding_projection.aggregate_embed.weight", 96, 10);
        editor.Add("something.else", 3);
        editor.Add(Block + "0.attn3.to_q.weight", 3);
        editor.Configuration!["vae"]!["norm_layer"] = "group_norm";
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => checkpoint.Require(WholeModel));
        Assert.Equal(
            [
                "Tensor 'model.diffusion_model.transformer_blocks.0.attn2.to_k.weight' has the shape [128, 64]; [128, 128] is needed.",
                "Tensor 'model.diffusion_model.transformer_blocks.1.attn1.to_q.weight' is missing.",
                "Tensor 'model.diffusion_model.transformer_blocks.2.audio_ff.net.2.bias' is missing.",
                "config.vae.norm_layer is \"group_norm\"; it must be \"pixel_norm\".",
                "Tensor 'vae.per_channel_statistics.mean-of-means' is missing.",
                "Tensor 'vocoder.conv_post.bias' is missing.",
            ],
            exception.Problems);
        Assert.All(exception.Problems, problem => Assert.Contains(problem, exception.Message, StringComparison.Ordinal));
        Assert.Equal([Block + "0.attn3.to_q.weight", "something.else"], checkpoint.UnknownTensors);
    }

    [Fact]
    public void A_file_without_its_last_block_is_incomplete_not_smaller()
    {
        CheckpointEditor editor = new("model.safetensors");
        editor.Remove(name => name.StartsWith(Block + "2.", StringComparison.Ordinal));
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        Assert.Equal(72, Assert.Throws<ModelFormatException>(() => checkpoint.Require(ModelComponents.Transformer)).Problems.Count);
    }

    [Fact]
    public void A_video_only_transformer_is_complete_without_audio()
    {
        CheckpointEditor editor = new("model.safetensors");
        editor.Remove(name => name.StartsWith("model.diffusion_model.", StringComparison.Ordinal)
            && (name.Contains("audio", StringComparison.Ordinal) || name.Contains("av_ca", StringComparison.Ordinal) || name.Contains("a2v_ca", StringComparison.Ordinal)));
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        checkpoint.Require(ModelComponents.Transformer | ModelComponents.TextConditioning);
        Assert.False(LtxEngine.Checkpoints.Configuration.TransformerConfiguration.Read(checkpoint).HasAudio);
        Assert.Empty(checkpoint.UnknownTensors);
    }

    [Theory]
    [InlineData("dropout", "0.1")]
    [InlineData("attention_bias", "false")]
    [InlineData("num_vector_embeds", "8")]
    [InlineData("activation_fn", "\"geglu\"")]
    [InlineData("num_embeds_ada_norm", "999")]
    [InlineData("use_linear_projection", "true")]
    [InlineData("only_cross_attention", "true")]
    [InlineData("cross_attention_norm", "false")]
    [InlineData("double_self_attention", "true")]
    [InlineData("upcast_attention", "true")]
    [InlineData("standardization_norm", "\"layer_norm\"")]
    [InlineData("norm_elementwise_affine", "true")]
    [InlineData("qk_norm", "null_norm")]
    [InlineData("positional_embedding_type", "\"absolute\"")]
    [InlineData("use_audio_video_cross_attention", "false")]
    [InlineData("share_ff", "true")]
    [InlineData("av_cross_ada_norm", "false")]
    [InlineData("use_middle_indices_grid", "false")]
    [InlineData("apply_gated_attention", "true")]
    [InlineData("cross_attention_adaln", "true")]
    [InlineData("attention_type", "\"other\"")]
    [InlineData("rope_type", "\"rotary\"")]
    [InlineData("rope_type", null)]
    [InlineData("frequencies_precision", "\"float16\"")]
    [InlineData("frequencies_precision", null)]
    [InlineData("av_ca_timestep_scale_multiplier", "0")]
    [InlineData("av_ca_timestep_scale_multiplier", null)]
    [InlineData("positional_embedding_max_pos", "[20]")]
    [InlineData("num_attention_heads", "0")]
    [InlineData("num_attention_heads", "3")]
    [InlineData("attention_head_dim", "1e99")]
    [InlineData("norm_eps", "-1")]
    [InlineData("timestep_scale_multiplier", "\"1000\"")]
    public void An_option_that_the_engine_does_not_compute_is_refused_by_name(string key, string? value)
    {
        CheckpointEditor editor = new("model.safetensors");
        JsonObject section = editor.Configuration!["transformer"]!.AsObject();
        section.Remove(key);
        if (value is not null)
        {
            section[key] = value is "null_norm" ? JsonValue.Create("null_norm") : JsonNode.Parse(value);
        }

        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => checkpoint.Require(ModelComponents.Transformer));
        Assert.Equal(ModelFormatErrorKind.InvalidConfiguration, exception.Kind);
        Assert.Contains($"config.transformer.{key}", Assert.Single(exception.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("transformer.num_layers", "\"many\"")]
    [InlineData("transformer.connector_positional_embedding_max_pos", null)]
    [InlineData("transformer.connector_apply_gated_attention", "true")]
    [InlineData("transformer.caption_projection_first_linear", "true")]
    [InlineData("vae.dims", "2")]
    [InlineData("vae.latent_log_var", "\"per_channel\"")]
    [InlineData("vae.encoder_spatial_padding_mode", "\"circular\"")]
    [InlineData("vae.decoder_blocks", "[[\"attn_res_x\", {}]]")]
    [InlineData("vae.encoder_blocks", "7")]
    [InlineData("audio_vae.model.params.ddconfig.norm_type", "\"group\"")]
    [InlineData("audio_vae.model.params.ddconfig.causality_axis", "\"width\"")]
    [InlineData("audio_vae.model.params.ddconfig.attn_resolutions", "[16]")]
    [InlineData("audio_vae.model.params.ddconfig.ch_mult", "[1, 2]")]
    [InlineData("audio_vae.model.params.sampling_rate", "0")]
    [InlineData("vocoder.resblock", "\"2\"")]
    [InlineData("vocoder.upsample_rates", "[6, 5]")]
    [InlineData("vocoder.output_sample_rate", "-24000")]
    public void Wrong_options_of_other_components_are_refused_by_name(string path, string? value)
    {
        CheckpointEditor editor = new("model.safetensors");
        string[] parts = path.Split('.');
        JsonNode node = editor.Configuration!;
        foreach (string part in parts[..^1])
        {
            node = node[part]!;
        }

        node.AsObject().Remove(parts[^1]);
        if (value is not null)
        {
            node[parts[^1]] = JsonNode.Parse(value);
        }

        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => checkpoint.Require(WholeModel));
        Assert.Equal(ModelFormatErrorKind.InvalidConfiguration, exception.Kind);
        Assert.Contains(exception.Problems, problem => problem.Contains($"config.{path}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"transformer\":{},\"transformer\":{}}")]
    [InlineData("{\"transformer\":[]}")]
    [InlineData("{\"\\ud800\":1,\"transformer\":{\"rope_type\":\"\\ud800\"}}")]
    public void A_missing_or_malformed_configuration_is_refused(string? text)
    {
        CheckpointEditor editor = new("model.safetensors") { Configuration = null };
        if (text is not null)
        {
            editor.Metadata["config"] = text;
        }

        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        foreach (ModelComponents component in Enum.GetValues<ModelComponents>().Where(component => component != ModelComponents.None && WholeModel.HasFlag(component)))
        {
            Assert.Equal(ModelFormatErrorKind.InvalidConfiguration, Assert.Throws<ModelFormatException>(() => checkpoint.Require(component)).Kind);
        }
    }

    [Fact]
    public void An_upsampler_needs_no_configuration()
    {
        CheckpointEditor editor = new("spatial-upscaler-x1_5.safetensors") { Configuration = null };
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        checkpoint.Require(ModelComponents.LatentUpsampler);
        editor.Remove(name => string.Equals(name, "upsampler.blur_down.kernel", StringComparison.Ordinal));
        using LtxCheckpoint incomplete = LtxCheckpoint.Open(editor.Write(_folder));
        Assert.Throws<ModelFormatException>(() => incomplete.Require(ModelComponents.LatentUpsampler));
    }

    [Fact]
    public void Scales_of_packed_weights_are_demanded()
    {
        CheckpointEditor editor = new("model-fp4.safetensors");
        editor.Remove(name => name.EndsWith("1.attn1.to_q.weight_scale_2", StringComparison.Ordinal) || name.EndsWith("1.attn1.to_k.weight_scale", StringComparison.Ordinal));
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        Assert.Equal(2, Assert.Throws<ModelFormatException>(() => checkpoint.Require(ModelComponents.Transformer)).Problems.Count);
    }

    [Fact]
    public void A_weight_stored_as_integers_is_refused()
    {
        CheckpointEditor editor = new("model.safetensors");
        editor.Remove(name => string.Equals(name, "vocoder.conv_post.bias", StringComparison.Ordinal));
        editor.Add("vocoder.conv_post.bias", DataType.Int64, 2);
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        Assert.Contains("Int64", Assert.Throws<ModelFormatException>(() => checkpoint.Require(ModelComponents.Vocoder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_families_are_refused_by_what_they_are()
    {
        AssertRefused("LTX-2.3", editor => editor.Add(Block + "0.attn1.to_gate_logits.weight", 4, 128));
        AssertRefused("LTX-2.3", editor => editor.Add("model.diffusion_model.prompt_scale_shift_table", 2, 128));
        AssertRefused("LTX-2.3", editor => editor.Metadata["model_version"] = "2.3.0");
        AssertRefused("LTX-2.3", editor => editor.Metadata["model_version"] = "2.4");
        AssertRefused("LTX-2.5", editor => editor.Metadata["model_version"] = "2.5");
        AssertRefused("LTX-2.5", editor => editor.Add("model.diffusion_model.keyframes_abs_pos_embedding", 1, 128));
        AssertRefused("diffusers", editor => editor.Rename(name => name.Replace("model.diffusion_model.", string.Empty, StringComparison.Ordinal)
            .Replace("q_norm", "norm_q", StringComparison.Ordinal)));
        AssertRefused("LoRA", editor => editor.Rename(name => name.Replace(".weight", ".lora_A.weight", StringComparison.Ordinal)));
        AssertRefused("text encoder", editor => editor.Add("language_model.model.embed_tokens.weight", 8, 8));
        AssertRefused("nothing of LTX-2", editor => editor.Rename(name => "other." + name));
    }

    [Fact]
    public void A_version_of_the_January_family_is_accepted()
    {
        CheckpointEditor editor = new("model.safetensors");
        editor.Metadata["model_version"] = "2.0.0";
        using LtxCheckpoint checkpoint = LtxCheckpoint.Open(editor.Write(_folder));
        checkpoint.Require(WholeModel);
    }

    private void AssertRefused(string sentence, Action<CheckpointEditor> edit)
    {
        CheckpointEditor editor = new("model.safetensors");
        edit(editor);
        string path = editor.Write(_folder);
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => LtxCheckpoint.Open(path));
        Assert.Equal(ModelFormatErrorKind.UnsupportedFormat, exception.Kind);
        Assert.Contains(sentence, exception.Message, StringComparison.Ordinal);
    }
}
