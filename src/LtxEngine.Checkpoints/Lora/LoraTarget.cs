using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Lora;

/// <summary>
/// The change of one linear layer: ΔW = strength · <see cref="Scale"/> · up · down.
/// </summary>
/// <param name="Scope">The network that holds the layer.</param>
/// <param name="Module">The layer's original name below the network's prefix, for example <c>transformer_blocks.0.attn1.to_q</c>.</param>
/// <param name="Down">A: [rank, input].</param>
/// <param name="Up">B: [output, rank].</param>
/// <param name="Alpha">The stored alpha; null when the file states none.</param>
internal sealed record LoraTarget(LoraScope Scope, string Module, ITensorData Down, ITensorData Up, float? Alpha)
{
    /// <summary>The rank.</summary>
    public int Rank => Down.Shape.Extent(0);

    /// <summary>Values that enter the layer.</summary>
    public int InputFeatures => Down.Shape.Extent(1);

    /// <summary>Values that leave the layer.</summary>
    public int OutputFeatures => Up.Shape.Extent(0);

    /// <summary>alpha / rank, or 1 when the file states no alpha.</summary>
    public float Scale => Alpha is { } alpha ? alpha / Rank : 1;
}
