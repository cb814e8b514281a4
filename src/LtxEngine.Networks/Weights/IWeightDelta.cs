using LtxEngine.Checkpoints.Lora;

namespace LtxEngine.Networks.Weights;

/// <summary>A change of stored weights by products of low rank: a LoRA at its strength.</summary>
internal interface IWeightDelta
{
    /// <summary>Identifies file and strength; part of a prepared weight's key.</summary>
    string Identity { get; }

    /// <summary>Factor of the change, besides alpha / rank.</summary>
    float Strength { get; }

    /// <summary>Ranks of the changed layers, by name in the original key layout, without the network's prefix and <c>.weight</c>.</summary>
    IReadOnlyDictionary<string, int> Ranks { get; }

    /// <summary>The change of one of <see cref="Ranks"/>' layers.</summary>
    /// <param name="layer">Name of the layer.</param>
    /// <param name="outputs">Rows of its weight.</param>
    /// <param name="inputs">Columns of its weight.</param>
    /// <exception cref="ModelFormatException">The delta's shape does not fit the layer.</exception>
    LoraTarget Target(string layer, int outputs, int inputs);
}
