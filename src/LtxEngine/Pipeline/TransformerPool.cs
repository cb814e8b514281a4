using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Pipeline;

/// <summary>
/// The transformer of a checkpoint with any set of LoRAs on or beside its weights. Sets share every weight that their LoRAs leave alone, so
/// changing the set prepares only the layers that a LoRA touches. Used on the device's thread only, so it takes no lock.
/// </summary>
/// <param name="checkpoint">The checkpoint; stays the caller's.</param>
/// <param name="device">The device.</param>
/// <param name="residency">How to load, and whether weights stay when no stage uses them.</param>
internal sealed class TransformerPool(ITensorCollection checkpoint, IComputeDevice device, ResidencySetting residency) : IDisposable
{
    /// <summary>Sets that stay loaded: those of the two stages of a clip.</summary>
    private const int MostSets = 2;

    private readonly WeightCache _weights = new();

    /// <summary>The latest used last.</summary>
    private readonly List<(string Key, NetworkSlot<FusedTransformer> Slot)> _sets = [];

    /// <summary>Number of LoRA sets that are in memory.</summary>
    public int LoadedSets => _sets.Count(set => set.Slot.IsLoaded);

    /// <summary>Number of prepared weights, all sets together.</summary>
    public int PreparedWeights => _weights.Count;

    /// <summary>Takes the transformer into use; dispose what is returned when the stage is over.</summary>
    /// <param name="loras">The LoRAs.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <returns>The network.</returns>
    /// <exception cref="ModelFormatException">The checkpoint or a LoRA cannot be used, or they do not fit each other.</exception>
    public NetworkUse<FusedTransformer> Use(LoraSet loras, CancellationToken cancellationToken)
    {
        string key = loras.Key;
        int index = _sets.FindIndex(set => string.Equals(set.Key, key, StringComparison.Ordinal));
        if (index >= 0)
        {
            _sets.Add(_sets[index]);
            _sets.RemoveAt(index);
        }
        else
        {
            // Room is made before loading: memory then never holds more sets than stay, and one stays to share weights with.
            while (_sets.Count >= MostSets)
            {
                _sets[0].Slot.Dispose();
                _sets.RemoveAt(0);
            }

            _sets.Add((key, new NetworkSlot<FusedTransformer>(token => FusedTransformer.Load(checkpoint, device, residency.Transformer, loras, _weights, token), residency)));
        }

        return _sets[^1].Slot.Use(cancellationToken);
    }

    /// <summary>Frees the sets; none may be in use.</summary>
    public void FreeUnused() => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, NetworkSlot<FusedTransformer> slot) in _sets)
        {
            slot.Dispose();
        }

        _sets.Clear();
    }
}
