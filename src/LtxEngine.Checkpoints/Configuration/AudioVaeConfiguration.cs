using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The audio VAE and its mel front end. 19B values in brackets.</summary>
internal sealed partial record AudioVaeConfiguration
{
    /// <summary>Whether the file holds the encoder.</summary>
    public required bool HasEncoder { get; init; }

    /// <summary>Whether the file holds the decoder.</summary>
    public required bool HasDecoder { get; init; }

    /// <summary>Width of the outermost level [128].</summary>
    public required int Channels { get; init; }

    /// <summary>Factor of the width per level, outermost first [1, 2, 4].</summary>
    public required ImmutableArray<int> ChannelMultipliers { get; init; }

    /// <summary>Residual blocks per level in the encoder [2]; the decoder has one more.</summary>
    public required int ResidualBlockCount { get; init; }

    /// <summary>Channels of the mel spectrogram that enters the encoder [2: left, right].</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels of the decoded mel spectrogram [2].</summary>
    public required int OutChannels { get; init; }

    /// <summary>Channels of a latent [8].</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Mel bins of a spectrogram [64].</summary>
    public required int MelBins { get; init; }

    /// <summary>Time and mel are both divided by this [4].</summary>
    public int Scale => 1 << (ChannelMultipliers.Length - 1);

    /// <summary>Mel bins of a latent [16].</summary>
    public int LatentMelBins => MelBins / Scale;

    /// <summary>Values of an audio latent token: latent channels times latent mel bins [128].</summary>
    public int TokenChannels => LatentChannels * LatentMelBins;

    /// <summary>Samples per second that the mel front end takes [16000].</summary>
    public required int SampleRate { get; init; }

    /// <summary>Samples between two mel frames [160].</summary>
    public required int HopLength { get; init; }

    /// <summary>Samples of one Fourier window [1024].</summary>
    public required int FilterLength { get; init; }

    /// <summary>Lowest frequency of the mel filters in Hz [0].</summary>
    public required double MelMinimumFrequency { get; init; }

    /// <summary>Highest frequency of the mel filters in Hz [8000].</summary>
    public required double MelMaximumFrequency { get; init; }
}
