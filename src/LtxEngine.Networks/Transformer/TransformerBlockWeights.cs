using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>The weights of one block.</summary>
internal sealed class TransformerBlockWeights : IDisposable
{
    private readonly WeightScope _scope;

    /// <summary>Loads a block.</summary>
    /// <param name="source">Where the weights come from.</param>
    /// <param name="index">The block.</param>
    /// <param name="hasAudio">Whether the block has an audio stream.</param>
    public TransformerBlockWeights(IWeightSource source, int index, bool hasAudio)
    {
        _scope = new WeightScope(source);
        try
        {
            string block = $"transformer_blocks.{index}.";
            Video = new StreamBlockWeights(_scope, block, string.Empty, hasAudio ? "scale_shift_table_a2v_ca_video" : null);
            if (hasAudio)
            {
                Audio = new StreamBlockWeights(_scope, block, "audio_", "scale_shift_table_a2v_ca_audio");
                AudioToVideo = new CrossAttentionWeights(_scope, block + "audio_to_video_attn");
                VideoToAudio = new CrossAttentionWeights(_scope, block + "video_to_audio_attn");
            }
        }
        catch
        {
            _scope.Dispose();
            throw;
        }
    }

    /// <summary>The video stream.</summary>
    public StreamBlockWeights Video { get; }

    /// <summary>The audio stream, or null.</summary>
    public StreamBlockWeights? Audio { get; }

    /// <summary>audio_to_video_attn, or null.</summary>
    public CrossAttentionWeights? AudioToVideo { get; }

    /// <summary>video_to_audio_attn, or null.</summary>
    public CrossAttentionWeights? VideoToAudio { get; }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();
}
