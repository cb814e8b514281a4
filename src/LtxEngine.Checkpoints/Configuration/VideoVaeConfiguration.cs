using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Configuration;

/// <summary>The video VAE; block counts and widths are those of the tensors. 19B values in brackets.</summary>
internal sealed partial record VideoVaeConfiguration
{
    /// <summary>Channels of a frame [3].</summary>
    public required int ImageChannels { get; init; }

    /// <summary>Channels of a latent [128].</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Pixels per side that patchify folds into channels [4].</summary>
    public required int PatchSize { get; init; }

    /// <summary>Whether the file holds the encoder.</summary>
    public required bool HasEncoder { get; init; }

    /// <summary>Whether the file holds the decoder.</summary>
    public required bool HasDecoder { get; init; }

    /// <summary>Output channels of the encoder's first convolution [128]; 0 without encoder.</summary>
    public int EncoderChannels { get; init; }

    /// <summary>Channels that the encoder's last convolution gives: means and log-variances [129]; 0 without encoder.</summary>
    public int EncoderOutChannels { get; init; }

    /// <summary>The encoder's blocks <c>down_blocks.0…</c>.</summary>
    public ImmutableArray<VideoVaeBlock> EncoderBlocks { get; init; } = [];

    /// <summary>Output channels of the decoder's first convolution [1024]; 0 without decoder.</summary>
    public int DecoderChannels { get; init; }

    /// <summary>The decoder's blocks <c>up_blocks.0…</c>.</summary>
    public ImmutableArray<VideoVaeBlock> DecoderBlocks { get; init; } = [];

    /// <summary>Whether the decoder's convolutions look only back in time [false].</summary>
    public bool IsDecoderCausal { get; init; }

    /// <summary>Whether the decoder takes a timestep: so exactly when <c>vae.decoder.timestep_scale_multiplier</c> is stored [false].</summary>
    public bool IsTimestepConditioned { get; init; }

    /// <summary>Padding of height and width in the encoder [zeros].</summary>
    public SpatialPadding EncoderPadding { get; init; } = SpatialPadding.Zeros;

    /// <summary>Padding of height and width in the decoder [reflect].</summary>
    public SpatialPadding DecoderPadding { get; init; } = SpatialPadding.Reflect;

    /// <summary>Pixel frames per latent frame, after the first [8].</summary>
    public required int TimeScale { get; init; }

    /// <summary>Pixels per latent pixel, each side [32].</summary>
    public required int SpaceScale { get; init; }
}
