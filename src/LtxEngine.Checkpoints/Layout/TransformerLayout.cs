using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Checkpoints.Layout;

/// <summary>The tensors of the audio-video transformer (72 per block with audio).</summary>
internal static class TransformerLayout
{
    /// <summary>Lists the tensors of a transformer.</summary>
    public static IReadOnlyList<ExpectedTensor> List(TransformerConfiguration configuration)
    {
        TensorListBuilder list = new(TransformerConfiguration.Prefix);
        AddStream(list, configuration, string.Empty, configuration.VideoWidth, configuration.VideoInChannels, configuration.VideoOutChannels);
        if (configuration.HasAudio)
        {
            AddStream(list, configuration, "audio_", configuration.AudioWidth, configuration.AudioInChannels, configuration.AudioOutChannels);
            AddTimestepHead(list, configuration, "av_ca_video_scale_shift_adaln_single", configuration.VideoWidth, 4);
            AddTimestepHead(list, configuration, "av_ca_a2v_gate_adaln_single", configuration.VideoWidth, 1);
            AddTimestepHead(list, configuration, "av_ca_audio_scale_shift_adaln_single", configuration.AudioWidth, 4);
            AddTimestepHead(list, configuration, "av_ca_v2a_gate_adaln_single", configuration.AudioWidth, 1);
        }

        for (int i = 0; i < configuration.BlockCount; i++)
        {
            AddBlock(list, configuration, $"transformer_blocks.{i}.");
        }

        return list.Tensors;
    }

    private static void AddStream(TensorListBuilder list, TransformerConfiguration configuration, string prefix, long width, long inChannels, long outChannels)
    {
        list.Linear($"{prefix}patchify_proj", width, inChannels);
        AddTimestepHead(list, configuration, $"{prefix}adaln_single", width, 6);
        list.Linear($"{prefix}caption_projection.linear_1", width, configuration.CaptionChannels);
        list.Linear($"{prefix}caption_projection.linear_2", width, width);
        list.Tensor($"{prefix}scale_shift_table", 2, width);
        list.Linear($"{prefix}proj_out", outChannels, width);
    }

    private static void AddTimestepHead(TensorListBuilder list, TransformerConfiguration configuration, string name, long width, long outputs)
    {
        list.Linear($"{name}.emb.timestep_embedder.linear_1", width, configuration.TimestepEmbeddingChannels);
        list.Linear($"{name}.emb.timestep_embedder.linear_2", width, width);
        list.Linear($"{name}.linear", outputs * width, width);
    }

    private static void AddBlock(TensorListBuilder list, TransformerConfiguration configuration, string block)
    {
        long video = configuration.VideoWidth;
        AddStreamBlock(list, block, string.Empty, video, configuration.VideoFeedForwardWidth);
        if (!configuration.HasAudio)
        {
            return;
        }

        long audio = configuration.AudioWidth;
        AddStreamBlock(list, block, "audio_", audio, configuration.AudioFeedForwardWidth);

        // Both directions attend in the audio stream's inner width.
        AddAttention(list, $"{block}audio_to_video_attn", audio, video, audio);
        AddAttention(list, $"{block}video_to_audio_attn", audio, audio, video);
        list.Tensor($"{block}scale_shift_table_a2v_ca_audio", 5, audio);
        list.Tensor($"{block}scale_shift_table_a2v_ca_video", 5, video);
    }

    private static void AddStreamBlock(TensorListBuilder list, string block, string stream, long width, long feedForwardWidth)
    {
        AddAttention(list, $"{block}{stream}attn1", width, width, width);
        AddAttention(list, $"{block}{stream}attn2", width, width, width);
        list.Linear($"{block}{stream}ff.net.0.proj", feedForwardWidth, width, isQuantisable: true);
        list.Linear($"{block}{stream}ff.net.2", width, feedForwardWidth, isQuantisable: true);
        list.Tensor($"{block}{stream}scale_shift_table", 6, width);
    }

    private static void AddAttention(TensorListBuilder list, string name, long inner, long query, long context)
    {
        list.Tensor($"{name}.q_norm.weight", inner);
        list.Tensor($"{name}.k_norm.weight", inner);
        list.Linear($"{name}.to_q", inner, query, isQuantisable: true);
        list.Linear($"{name}.to_k", inner, context, isQuantisable: true);
        list.Linear($"{name}.to_v", inner, context, isQuantisable: true);
        list.Linear($"{name}.to_out.0", query, inner, isQuantisable: true);
    }
}
