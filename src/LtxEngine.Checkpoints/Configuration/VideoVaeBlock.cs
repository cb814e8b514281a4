namespace LtxEngine.Checkpoints.Configuration;

/// <summary>One block of the video VAE's encoder (<c>down_blocks.N</c>) or decoder (<c>up_blocks.N</c>), in the order of execution.</summary>
internal sealed record VideoVaeBlock
{
    /// <summary>What the block does.</summary>
    public required VideoVaeBlockKind Kind { get; init; }

    /// <summary>Channels that enter.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels that leave.</summary>
    public required int OutChannels { get; init; }

    /// <summary>The number of residual blocks; 0 for a resampler.</summary>
    public int LayerCount { get; init; }

    /// <summary>Whether a resampler adds a parameter-free shortcut to its convolution.</summary>
    public bool HasResidual { get; init; }

    /// <summary>The factor in time: 2 when time is resampled, else 1.</summary>
    public int TimeStride => Kind is VideoVaeBlockKind.CompressTime or VideoVaeBlockKind.CompressAll ? 2 : 1;

    /// <summary>The factor in height and width: 2 when space is resampled, else 1.</summary>
    public int SpaceStride => Kind is VideoVaeBlockKind.CompressSpace or VideoVaeBlockKind.CompressAll ? 2 : 1;

    /// <summary>Output positions per input position: the product of the three strides.</summary>
    public int StrideProduct => TimeStride * SpaceStride * SpaceStride;
}
