using LtxEngine.Kernels;

namespace LtxEngine.Networks.Weights;

/// <summary>
/// Linear layers with LoRAs computed beside them: y = x·Wᵀ + b, then + (x·Aᵀ)·(s·B)ᵀ for each layer that a LoRA changes. The weights
/// themselves stay as they are and are shared with networks that have other LoRAs. Only <see cref="DeviceOperations"/> knows how to multiply
/// by it; no device does.
/// </summary>
/// <param name="whole">The layers without LoRAs. Owned.</param>
/// <param name="changes">The changes. Owned.</param>
internal sealed class AppliedWeight(WeightLease<IDeviceWeight> whole, IReadOnlyList<AppliedWeight.Change> changes) : IDeviceWeight
{
    /// <summary>The layers without LoRAs.</summary>
    public IDeviceWeight Whole => whole.Value;

    /// <summary>The changes.</summary>
    public IReadOnlyList<Change> Changes => changes;

    /// <inheritdoc/>
    public int InputFeatures => Whole.InputFeatures;

    /// <inheritdoc/>
    public int OutputFeatures => Whole.OutputFeatures;

    /// <summary>Memory of the LoRAs alone: the layers count where they are prepared.</summary>
    public long ByteLength => changes.Sum(change => change.Down.ByteLength + change.Up.ByteLength);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Change change in changes)
        {
            change.Dispose();
        }

        whole.Dispose();
    }

    /// <summary>All LoRAs of one layer: their A stacked, their s·B side by side.</summary>
    /// <param name="FirstOutput">Where the layer's outputs begin.</param>
    /// <param name="Down">[ranks, input].</param>
    /// <param name="Up">[output, ranks].</param>
    internal sealed record Change(int FirstOutput, IDeviceWeight Down, IDeviceWeight Up) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            Up.Dispose();
            Down.Dispose();
        }
    }
}
