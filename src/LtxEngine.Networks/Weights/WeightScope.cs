using LtxEngine.Kernels;

namespace LtxEngine.Networks.Weights;

/// <summary>The leases of one part of a network (a block, the global layers); disposing gives all of them back.</summary>
/// <param name="source">Where the weights come from.</param>
internal sealed class WeightScope(IWeightSource source) : IDisposable
{
    private readonly List<IDisposable> _leases = [];

    /// <summary>Where the weights come from.</summary>
    public IWeightSource Source => source;

    /// <summary>A linear layer, or several with the same input stacked into one product.</summary>
    /// <param name="layers">Names of the layers.</param>
    public IDeviceWeight Linear(params ReadOnlySpan<string> layers)
    {
        WeightLease<IDeviceWeight> lease = source.Linear(layers);
        _leases.Add(lease);
        return lease.Value;
    }

    /// <summary>Some output channels of a convolution.</summary>
    /// <param name="layer">Name of the layer.</param>
    /// <param name="firstOutput">First output channel.</param>
    /// <param name="outputs">Number of output channels.</param>
    public IDeviceWeight Convolution(string layer, int firstOutput, int outputs)
    {
        WeightLease<IDeviceWeight> lease = source.Convolution(layer, firstOutput, outputs);
        _leases.Add(lease);
        return lease.Value;
    }

    /// <summary>Vectors and tables, one after the other, as one row.</summary>
    /// <param name="tensors">Full names of the tensors.</param>
    public DeviceMatrix Row(params ReadOnlySpan<string> tensors)
    {
        WeightLease<DeviceBuffer> lease = source.Values(tensors);
        _leases.Add(lease);
        return lease.Value.AsMatrix(1, checked((int)lease.Value.Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable lease in _leases)
        {
            lease.Dispose();
        }

        _leases.Clear();
    }
}
