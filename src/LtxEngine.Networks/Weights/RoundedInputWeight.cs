using LtxEngine.Kernels;

namespace LtxEngine.Networks.Weights;

/// <summary>
/// Linear layers whose input is rounded to fp8 with the scale that the checkpoint stores for each of them, before the product.
/// Only <see cref="DeviceOperations"/> knows how to multiply by it; no device does.
/// </summary>
/// <param name="parts">Device weights of equal input width and the scales of their inputs; null leaves a part's input as it is. Owned.</param>
internal sealed class RoundedInputWeight(IReadOnlyList<(IDeviceWeight Weight, float? InputScale)> parts) : IDeviceWeight
{
    /// <summary>The products, their outputs side by side.</summary>
    public IReadOnlyList<(IDeviceWeight Weight, float? InputScale)> Parts => parts;

    /// <inheritdoc/>
    public int InputFeatures => parts[0].Weight.InputFeatures;

    /// <inheritdoc/>
    public int OutputFeatures { get; } = parts.Sum(part => part.Weight.OutputFeatures);

    /// <inheritdoc/>
    public long ByteLength => parts.Sum(part => part.Weight.ByteLength);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((IDeviceWeight weight, _) in parts)
        {
            weight.Dispose();
        }
    }
}
