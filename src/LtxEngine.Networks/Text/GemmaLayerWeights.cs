using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Text;

/// <summary>The products of one decoder layer, bound to the stored weights for as long as the layer runs.</summary>
internal sealed class GemmaLayerWeights : IDisposable
{
    private readonly List<StoredTensor> _stored = [];
    private readonly List<IDeviceWeight> _bound = [];

    /// <summary>Binds the weights.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tensors">The checkpoint, checked.</param>
    /// <param name="prefix">What the names of the layer's weights begin with.</param>
    public GemmaLayerWeights(IComputeDevice device, ITensorCollection tensors, string prefix)
    {
        try
        {
            Query = Bind("self_attn.q_proj");
            Key = Bind("self_attn.k_proj");
            Value = Bind("self_attn.v_proj");
            Output = Bind("self_attn.o_proj");
            Gate = Bind("mlp.gate_proj");
            Up = Bind("mlp.up_proj");
            Down = Bind("mlp.down_proj");
        }
        catch
        {
            Dispose();
            throw;
        }

        IDeviceWeight Bind(string name)
        {
            StoredTensor stored = tensors.Tensors[prefix + name + ".weight"];
            _stored.Add(stored);
            _bound.Add(device.BindLinear(stored));
            return _bound[^1];
        }
    }

    /// <summary>Hidden state to queries.</summary>
    public IDeviceWeight Query { get; }

    /// <summary>Hidden state to keys.</summary>
    public IDeviceWeight Key { get; }

    /// <summary>Hidden state to values.</summary>
    public IDeviceWeight Value { get; }

    /// <summary>Attended values to the residual.</summary>
    public IDeviceWeight Output { get; }

    /// <summary>Hidden state to gates.</summary>
    public IDeviceWeight Gate { get; }

    /// <summary>Hidden state to what the gates let through.</summary>
    public IDeviceWeight Up { get; }

    /// <summary>Feed-forward back to the residual.</summary>
    public IDeviceWeight Down { get; }

    /// <summary>Gives the pages of the file that were read back to the system, so that they do not count as memory of the process.</summary>
    public void ReleasePages()
    {
        foreach (StoredTensor stored in _stored)
        {
            MappedFile.Release(stored.Bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _bound.ForEach(weight => weight.Dispose());
}
