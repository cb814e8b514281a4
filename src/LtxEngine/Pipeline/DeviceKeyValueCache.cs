using LtxEngine.Graphs.Text;
using LtxEngine.Kernels;

namespace LtxEngine.Pipeline;

/// <summary>Keys and values of one text in device memory: for every layer two matrices [tokens, heads · head dimension] with room to grow.</summary>
/// <param name="device">The device.</param>
/// <param name="layers">Number of layers.</param>
/// <param name="width">Values of a key, or a value, of one token.</param>
internal sealed class DeviceKeyValueCache(IComputeDevice device, int layers, int width) : KeyValueCache
{
    // At 12B 4 MB a layer: small beside what a long prompt holds, and growing copies little.
    private const int GrowthTokens = 256;

    private readonly DeviceBuffer?[] _keys = new DeviceBuffer?[layers];
    private readonly DeviceBuffer?[] _values = new DeviceBuffer?[layers];
    private int _tokens;

    /// <inheritdoc/>
    internal override int TokenCount => _tokens;

    /// <summary>The matrices of a layer with rows for further tokens, whose content is undefined until the layer has run.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="further">How many tokens follow.</param>
    public (DeviceMatrix Keys, DeviceMatrix Values) Extend(int layer, int further)
    {
        int tokens = checked(_tokens + further);
        Grow(ref _keys[layer], tokens);
        Grow(ref _values[layer], tokens);
        return (_keys[layer]!.AsMatrix(tokens, width), _values[layer]!.AsMatrix(tokens, width));
    }

    /// <summary>All layers have run for further tokens.</summary>
    /// <param name="further">How many.</param>
    public void Commit(int further) => _tokens += further;

    /// <inheritdoc/>
    public override void Dispose()
    {
        for (int layer = 0; layer < layers; layer++)
        {
            _keys[layer]?.Dispose();
            _values[layer]?.Dispose();
        }
    }

    private void Grow(ref DeviceBuffer? buffer, int tokens)
    {
        if (buffer is not null && buffer.Length >= (long)tokens * width)
        {
            return;
        }

        long room = (tokens + GrowthTokens - 1L) / GrowthTokens * GrowthTokens;
        DeviceBuffer grown = device.Allocate(checked(room * width));
        if (_tokens > 0)
        {
            device.Copy(buffer!.AsMatrix(_tokens, width), grown.AsMatrix(_tokens, width));
        }

        buffer?.Dispose();
        buffer = grown;
    }
}
