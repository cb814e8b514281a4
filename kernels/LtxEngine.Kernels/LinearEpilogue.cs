namespace LtxEngine.Kernels;

/// <summary>
/// What happens to the result y = x·Wᵀ + b of a linear layer while it is still in registers.
/// <c>Store</c>: out = activation(y). <c>AddTo</c>: out = out + gate ∘ activation(y), the residual update; gate 1 when null.
/// </summary>
internal readonly record struct LinearEpilogue
{
    /// <summary>The activation applied to the product.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether the output is added to instead of overwritten.</summary>
    public bool Accumulate { get; init; }

    /// <summary>With <see cref="Accumulate"/>: factor per token and channel; null means 1.</summary>
    public RowVectors? Gate { get; init; }

    /// <summary>out = y.</summary>
    public static LinearEpilogue Store => default;

    /// <summary>out = activation(y).</summary>
    public static LinearEpilogue Activate(Activation activation) => new() { Activation = activation };

    /// <summary>out = out + gate ∘ y.</summary>
    public static LinearEpilogue AddTo(RowVectors? gate) => new() { Accumulate = true, Gate = gate };
}
