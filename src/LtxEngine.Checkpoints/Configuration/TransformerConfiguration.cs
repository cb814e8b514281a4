using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>
/// The audio-video diffusion transformer: what the tensors show (block count, widths, audio or not) and what only the stored configuration says.
/// 19B values in brackets.
/// </summary>
internal sealed partial record TransformerConfiguration
{
    /// <summary>The prefix of the transformer's tensors in a checkpoint.</summary>
    public const string Prefix = "model.diffusion_model.";

    /// <summary>The number of transformer blocks [48].</summary>
    public required int BlockCount { get; init; }

    /// <summary>Whether the file holds the audio stream; false for a video-only transformer.</summary>
    public required bool HasAudio { get; init; }

    /// <summary>Attention heads of the video stream [32].</summary>
    public required int VideoHeadCount { get; init; }

    /// <summary>Channels per head of the video stream [128].</summary>
    public required int VideoHeadDimension { get; init; }

    /// <summary>Width of the video stream [4096].</summary>
    public int VideoWidth => VideoHeadCount * VideoHeadDimension;

    /// <summary>Channels of a video latent token [128].</summary>
    public required int VideoInChannels { get; init; }

    /// <summary>Channels of the video velocity [128].</summary>
    public required int VideoOutChannels { get; init; }

    /// <summary>Width of the video stream's feed-forward network [16384].</summary>
    public required int VideoFeedForwardWidth { get; init; }

    /// <summary>Attention heads of the audio stream and of both audio-video cross attentions [32]; 0 without audio.</summary>
    public int AudioHeadCount { get; init; }

    /// <summary>Channels per head of the audio stream and of both audio-video cross attentions [64]; 0 without audio.</summary>
    public int AudioHeadDimension { get; init; }

    /// <summary>Width of the audio stream [2048]; 0 without audio.</summary>
    public int AudioWidth => AudioHeadCount * AudioHeadDimension;

    /// <summary>Channels of an audio latent token [128]; 0 without audio.</summary>
    public int AudioInChannels { get; init; }

    /// <summary>Channels of the audio velocity [128]; 0 without audio.</summary>
    public int AudioOutChannels { get; init; }

    /// <summary>Width of the audio stream's feed-forward network [8192]; 0 without audio.</summary>
    public int AudioFeedForwardWidth { get; init; }

    /// <summary>The RoPE width of the audio-video cross attentions, <c>audio_cross_attention_dim</c> [2048]; 0 without audio.</summary>
    public int AudioCrossAttentionDimension { get; init; }

    /// <summary>Width of the text context [3840].</summary>
    public required int CaptionChannels { get; init; }

    /// <summary>Added under the root of every norm [1e-6].</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Which channels RoPE turns together [split].</summary>
    public required RopeType RopeType { get; init; }

    /// <summary>Whether the RoPE frequency grid is computed in fp64 [true] or fp32.</summary>
    public required bool UsesFloat64Frequencies { get; init; }

    /// <summary>The base of the RoPE frequencies [10000].</summary>
    public required double RopeTheta { get; init; }

    /// <summary>The positions that RoPE maps to 1: seconds, pixel rows, pixel columns [20, 2048, 2048].</summary>
    public required ImmutableArray<double> VideoMaxPositions { get; init; }

    /// <summary>The position that audio RoPE maps to 1, in seconds [20].</summary>
    public ImmutableArray<double> AudioMaxPositions { get; init; } = [];

    /// <summary>Factor from sigma to the timestep embedding's input [1000].</summary>
    public required double TimestepScaleMultiplier { get; init; }

    /// <summary>The same factor for the gates of the audio-video cross attentions [1000].</summary>
    public double CrossModalTimestepScaleMultiplier { get; init; }

    /// <summary>Width of the sinusoid that enters the timestep embedders [256].</summary>
    public required int TimestepEmbeddingChannels { get; init; }
}
