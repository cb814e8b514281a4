using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>Keys and values as the layer graph takes and gives them: <c>[key-value heads, tokens, head dimension]</c> for every layer.</summary>
internal sealed class GraphKeyValueCache : KeyValueCache
{
    private readonly HostTensor[] _keys;
    private readonly HostTensor[] _values;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="heads">Key and value heads.</param>
    /// <param name="headDimension">Width of a head.</param>
    internal GraphKeyValueCache(int layers, int heads, int headDimension)
    {
        _keys = new HostTensor[layers];
        _values = new HostTensor[layers];
        Array.Fill(_keys, HostTensor.Zeros(heads, 0, headDimension));
        Array.Fill(_values, HostTensor.Zeros(heads, 0, headDimension));
    }

    /// <inheritdoc/>
    internal override int TokenCount => _keys[^1].Shape.Extent(1);

    /// <summary>The keys of a layer.</summary>
    internal HostTensor Keys(int layer) => _keys[layer];

    /// <summary>The values of a layer.</summary>
    internal HostTensor Values(int layer) => _values[layer];

    /// <summary>Replaces a layer's keys and values by longer ones.</summary>
    internal void Set(int layer, HostTensor keys, HostTensor values)
    {
        _keys[layer] = keys;
        _values[layer] = values;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
