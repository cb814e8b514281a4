using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>The weights of an attention from one stream to the other.</summary>
internal sealed class CrossAttentionWeights
{
    /// <summary>Loads the weights.</summary>
    /// <param name="scope">Owns the leases.</param>
    /// <param name="attention">Name of the module.</param>
    public CrossAttentionWeights(WeightScope scope, string attention)
    {
        Query = scope.Linear(attention + ".to_q");
        KeyValue = scope.Linear(attention + ".to_k", attention + ".to_v");
        Output = scope.Linear(attention + ".to_out.0");
        QueryNorm = scope.Row(attention + ".q_norm.weight");
        KeyNorm = scope.Row(attention + ".k_norm.weight");
    }

    /// <summary>to_q.</summary>
    public IDeviceWeight Query { get; }

    /// <summary>to_k and to_v stacked.</summary>
    public IDeviceWeight KeyValue { get; }

    /// <summary>to_out.0.</summary>
    public IDeviceWeight Output { get; }

    /// <summary>q_norm: [1, inner].</summary>
    public DeviceMatrix QueryNorm { get; }

    /// <summary>k_norm: [1, inner].</summary>
    public DeviceMatrix KeyNorm { get; }
}
