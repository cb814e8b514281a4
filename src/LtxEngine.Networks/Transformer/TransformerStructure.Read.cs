using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <content>From the configuration of a checkpoint.</content>
internal sealed partial record TransformerStructure
{
    /// <summary>Takes the structure from a configuration.</summary>
    /// <param name="configuration">As read from a checkpoint.</param>
    /// <param name="videoOnly">Whether the audio stream is left out.</param>
    public static TransformerStructure From(TransformerConfiguration configuration, bool videoOnly = false)
    {
        bool hasAudio = configuration.HasAudio && !videoOnly;
        return new TransformerStructure
        {
            Layers = configuration.BlockCount,
            Video = new StreamStructure(
                configuration.VideoWidth,
                configuration.VideoHeadCount,
                configuration.VideoInChannels,
                configuration.VideoOutChannels,
                configuration.CaptionChannels,
                configuration.VideoFeedForwardWidth,
                configuration.TimestepEmbeddingChannels,
                configuration.VideoMaxPositions),
            Audio = hasAudio
                ? new StreamStructure(
                    configuration.AudioWidth,
                    configuration.AudioHeadCount,
                    configuration.AudioInChannels,
                    configuration.AudioOutChannels,
                    configuration.CaptionChannels,
                    configuration.AudioFeedForwardWidth,
                    configuration.TimestepEmbeddingChannels,
                    configuration.AudioMaxPositions)
                : null,
            CrossWidth = hasAudio ? configuration.AudioCrossAttentionDimension : 0,
            CrossHeads = hasAudio ? configuration.AudioHeadCount : 0,
            Epsilon = (float)configuration.NormEpsilon,
            TimestepMultiplier = (float)configuration.TimestepScaleMultiplier,
            GateTimestepMultiplier = (float)configuration.CrossModalTimestepScaleMultiplier,
            RotaryTheta = configuration.RopeTheta,
            RotaryLayout = configuration.RopeType == RopeType.Split ? RotaryLayout.Split : RotaryLayout.Interleaved,
            DoublePrecisionRotaryGrid = configuration.UsesFloat64Frequencies,
        };
    }
}
