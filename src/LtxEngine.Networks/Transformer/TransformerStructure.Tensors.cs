using LtxEngine.Tensors;

namespace LtxEngine.Networks.Transformer;

/// <content>The tensors that the structure needs.</content>
internal sealed partial record TransformerStructure
{
    /// <summary>Every tensor that the network reads with its shape, names without prefix (transformer.md §8: 54 global ones and 72 per block in the 19B).</summary>
    public IEnumerable<(string Name, TensorShape Shape)> RequiredTensors()
    {
        List<(string, TensorShape)> tensors = [];
        AddGlobal(tensors, Video, string.Empty, "video", "a2v");
        if (Audio is not null)
        {
            AddGlobal(tensors, Audio, "audio_", "audio", "v2a");
        }

        for (int i = 0; i < Layers; i++)
        {
            string block = $"transformer_blocks.{i}.";
            AddStream(tensors, block, Video, string.Empty);
            if (Audio is not null)
            {
                AddStream(tensors, block, Audio, "audio_");
                AddAttention(tensors, block + "audio_to_video_attn", Video.Width, Audio.Width, CrossWidth, Video.Width);
                AddAttention(tensors, block + "video_to_audio_attn", Audio.Width, Video.Width, CrossWidth, Audio.Width);
                tensors.Add((block + "scale_shift_table_a2v_ca_video", new TensorShape(5, Video.Width)));
                tensors.Add((block + "scale_shift_table_a2v_ca_audio", new TensorShape(5, Audio.Width)));
            }
        }

        return tensors;
    }

    private void AddGlobal(List<(string Name, TensorShape Shape)> tensors, StreamStructure stream, string prefix, string modality, string gate)
    {
        AddLinear(tensors, prefix + "patchify_proj", stream.InChannels, stream.Width);
        AddTimestepHead(tensors, prefix + "adaln_single", stream, 6);
        if (Audio is not null)
        {
            AddTimestepHead(tensors, $"av_ca_{modality}_scale_shift_adaln_single", stream, 4);
            AddTimestepHead(tensors, $"av_ca_{gate}_gate_adaln_single", stream, 1);
        }

        AddLinear(tensors, prefix + "caption_projection.linear_1", stream.ContextWidth, stream.Width);
        AddLinear(tensors, prefix + "caption_projection.linear_2", stream.Width, stream.Width);
        tensors.Add((prefix + "scale_shift_table", new TensorShape(2, stream.Width)));
        AddLinear(tensors, prefix + "proj_out", stream.Width, stream.OutChannels);
    }

    private static void AddTimestepHead(List<(string Name, TensorShape Shape)> tensors, string head, StreamStructure stream, int rows)
    {
        AddLinear(tensors, head + ".emb.timestep_embedder.linear_1", stream.SinusoidWidth, stream.Width);
        AddLinear(tensors, head + ".emb.timestep_embedder.linear_2", stream.Width, stream.Width);
        AddLinear(tensors, head + ".linear", stream.Width, checked(rows * stream.Width));
    }

    private static void AddStream(List<(string Name, TensorShape Shape)> tensors, string block, StreamStructure stream, string prefix)
    {
        AddAttention(tensors, block + prefix + "attn1", stream.Width, stream.Width, stream.Width, stream.Width);
        AddAttention(tensors, block + prefix + "attn2", stream.Width, stream.Width, stream.Width, stream.Width);
        AddLinear(tensors, block + prefix + "ff.net.0.proj", stream.Width, stream.HiddenWidth);
        AddLinear(tensors, block + prefix + "ff.net.2", stream.HiddenWidth, stream.Width);
        tensors.Add((block + prefix + "scale_shift_table", new TensorShape(6, stream.Width)));
    }

    private static void AddAttention(List<(string Name, TensorShape Shape)> tensors, string attention, int query, int context, int inner, int output)
    {
        tensors.Add((attention + ".q_norm.weight", new TensorShape(inner)));
        tensors.Add((attention + ".k_norm.weight", new TensorShape(inner)));
        AddLinear(tensors, attention + ".to_q", query, inner);
        AddLinear(tensors, attention + ".to_k", context, inner);
        AddLinear(tensors, attention + ".to_v", context, inner);
        AddLinear(tensors, attention + ".to_out.0", inner, output);
    }

    private static void AddLinear(List<(string Name, TensorShape Shape)> tensors, string layer, int inputs, int outputs)
    {
        tensors.Add((layer + ".weight", new TensorShape(outputs, inputs)));
        tensors.Add((layer + ".bias", new TensorShape(outputs)));
    }
}
