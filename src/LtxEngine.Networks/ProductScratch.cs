using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks;

/// <summary>Device memory that products need beside their input and output, where the weights are of a kind that needs it.</summary>
internal sealed class ProductScratch : IDisposable
{
    private ProductScratch(DeviceBuffer? roundedInput, DeviceBuffer? lowRank)
    {
        RoundedInput = roundedInput;
        LowRank = lowRank;
    }

    /// <summary>The rounded input of a <see cref="RoundedInputWeight"/>; null where there is none.</summary>
    public DeviceBuffer? RoundedInput { get; }

    /// <summary>What the first matrix of a LoRA gives in an <see cref="AppliedWeight"/>; null where there is none.</summary>
    public DeviceBuffer? LowRank { get; }

    /// <summary>Allocates what the weights of a source need.</summary>
    /// <param name="source">The source.</param>
    /// <param name="largestInput">Values of the largest input of a product.</param>
    /// <param name="rows">Most rows of a product.</param>
    public static ProductScratch Allocate(IWeightSource source, long largestInput, int rows)
    {
        DeviceBuffer? rounded = source.QuantisesInputs ? source.Device.Allocate(largestInput) : null;
        try
        {
            return new ProductScratch(rounded, source.LargestRank > 0 ? source.Device.Allocate((long)rows * source.LargestRank) : null);
        }
        catch
        {
            rounded?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LowRank?.Dispose();
        RoundedInput?.Dispose();
    }
}
