namespace LtxEngine.Networks.Weights;

/// <summary>A change of stored weights that is added when they are loaded: a LoRA at its strength.</summary>
internal interface IWeightDelta
{
    /// <summary>Identifies file and strength; part of a prepared weight's key.</summary>
    string Identity { get; }

    /// <summary>Whether the weight of a layer is changed.</summary>
    /// <param name="layer">Name of the layer in the original key layout, without the network's prefix and <c>.weight</c>.</param>
    bool Changes(string layer);

    /// <summary>W ← W + strength · B·A, in fp32.</summary>
    /// <param name="layer">Name of the layer.</param>
    /// <param name="weight">[outputs, inputs], updated.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <exception cref="ModelFormatException">The delta's shape does not fit the layer.</exception>
    void AddTo(string layer, Span<float> weight, int outputs, int inputs);
}
