using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Upsampling;

/// <summary>The affine part of a group normalisation.</summary>
/// <param name="scope">Owns the leases.</param>
/// <param name="name">Name of the layer.</param>
internal sealed class GroupNormLayer(WeightScope scope, string name)
{
    /// <summary>[1, channels].</summary>
    public DeviceMatrix Weight { get; } = scope.Row(name + ".weight");

    /// <summary>[1, channels].</summary>
    public DeviceMatrix Bias { get; } = scope.Row(name + ".bias");
}
