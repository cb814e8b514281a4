namespace LtxEngine.Checkpoints.Configuration;

/// <summary>
/// One embeddings connector (video or audio): a small transformer between the text projection and the diffusion transformer. 19B values in brackets.
/// </summary>
internal sealed record TextConnectorConfiguration
{
    /// <summary>The prefix of this connector's tensors in the checkpoint, with the final dot.</summary>
    public required string Prefix { get; init; }

    /// <summary>The number of blocks [2].</summary>
    public required int LayerCount { get; init; }

    /// <summary>Attention heads [30].</summary>
    public required int HeadCount { get; init; }

    /// <summary>Channels per head [128].</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Width [3840].</summary>
    public int Width => HeadCount * HeadDimension;

    /// <summary>Width of the feed-forward network [15360].</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Learnable registers that replace padding, tiled over the sequence [128].</summary>
    public required int RegisterCount { get; init; }

    /// <summary>The position that RoPE maps to 1, in tokens [4096].</summary>
    public required double MaxPosition { get; init; }

    /// <summary>Which channels RoPE turns together [split].</summary>
    public required RopeType RopeType { get; init; }

    /// <summary>Whether the RoPE frequency grid is computed in fp64 [true] or fp32.</summary>
    public required bool UsesFloat64Frequencies { get; init; }

    /// <summary>The base of the RoPE frequencies [10000].</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Added under the root of every norm [1e-6].</summary>
    public required double NormEpsilon { get; init; }
}
