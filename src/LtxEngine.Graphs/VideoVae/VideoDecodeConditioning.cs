using LtxEngine.Tensors;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>
/// What a timestep-conditioned decoder needs besides the latent: it starts from <c>scale·noise + (1 − scale)·latent</c>.
/// </summary>
internal sealed record VideoDecodeConditioning
{
    /// <summary>The timestep; 0.05 in the original.</summary>
    public float Timestep { get; init; } = 0.05f;

    /// <summary>The share of noise; 0.025 in the original.</summary>
    public float NoiseScale { get; init; } = 0.025f;

    /// <summary>
    /// Draws standard normal noise for one tile, given the tile's number in decode order and its latent shape <c>[1, C, F, H, W]</c>.
    /// Called once per tile, in order.
    /// </summary>
    public required Func<int, TensorShape, HostTensor> Noise { get; init; }
}
