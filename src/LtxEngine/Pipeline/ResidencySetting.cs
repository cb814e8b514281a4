using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Where the weights of a model stay at the moment; each request may change it.</summary>
internal sealed class ResidencySetting
{
    private WeightResidencyMode _mode;

    /// <summary>Starts with a mode.</summary>
    /// <param name="mode">Not <see cref="WeightResidencyMode.Auto"/>.</param>
    public ResidencySetting(WeightResidencyMode mode = WeightResidencyMode.FreeAfterUse) => _mode = mode;

    /// <summary>Whether networks stay in memory when nobody uses them.</summary>
    public bool KeepLoaded => _mode == WeightResidencyMode.KeepLoaded;

    /// <summary>How transformers are loaded.</summary>
    public TransformerOptions Transformer => new()
    {
        Residency = _mode == WeightResidencyMode.StreamBlocks ? WeightResidency.StreamedAhead(MemoryPlanner.BlocksReadAhead) : WeightResidency.Resident,
    };

    /// <summary>Changes the mode.</summary>
    /// <param name="mode">Not <see cref="WeightResidencyMode.Auto"/>.</param>
    /// <returns>Whether it was another one.</returns>
    public bool Change(WeightResidencyMode mode)
    {
        bool changes = mode != _mode;
        _mode = mode;
        return changes;
    }
}
