namespace LtxEngine.Checkpoints.Configuration;

/// <summary>A latent upsampler. Everything but the denominator of a rational factor is read from the tensors. 19B values in brackets.</summary>
internal sealed partial record LatentUpsamplerConfiguration
{
    /// <summary>The variant.</summary>
    public required LatentUpsamplerKind Kind { get; init; }

    /// <summary>Channels of a latent [128].</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Channels between first and last convolution [1024 spatial, 512 temporal].</summary>
    public required int Channels { get; init; }

    /// <summary>Residual blocks before the upsampling [4].</summary>
    public required int BlockCount { get; init; }

    /// <summary>Residual blocks after the upsampling [4].</summary>
    public required int PostBlockCount { get; init; }

    /// <summary>The pixel shuffle's factor in height and width [2]; 1 for the temporal variant.</summary>
    public required int SpaceNumerator { get; init; }

    /// <summary>The blur's stride in height and width [1]; 2 for a factor of 1.5.</summary>
    public required int SpaceDenominator { get; init; }

    /// <summary>The factor in time: 2 for the temporal variant (whose first frame is dropped), else 1.</summary>
    public required int TimeFactor { get; init; }

    /// <summary>Groups of every group norm [32].</summary>
    public int NormGroups { get; init; } = 32;
}
