using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Transformer;

/// <summary>One adaLN head: mod = linear(silu(emb)), emb = linear_2(silu(linear_1(sinusoid))).</summary>
internal sealed class TimestepHead
{
    /// <summary>Loads the weights.</summary>
    /// <param name="scope">Owns the leases.</param>
    /// <param name="name">Name of the module.</param>
    public TimestepHead(WeightScope scope, string name)
    {
        Name = name;
        Linear1 = scope.Linear(name + ".emb.timestep_embedder.linear_1");
        Linear2 = scope.Linear(name + ".emb.timestep_embedder.linear_2");
        Linear = scope.Linear(name + ".linear");
    }

    /// <summary>Name of the module.</summary>
    public string Name { get; }

    /// <summary>emb.timestep_embedder.linear_1.</summary>
    public IDeviceWeight Linear1 { get; }

    /// <summary>emb.timestep_embedder.linear_2.</summary>
    public IDeviceWeight Linear2 { get; }

    /// <summary>linear.</summary>
    public IDeviceWeight Linear { get; }
}
