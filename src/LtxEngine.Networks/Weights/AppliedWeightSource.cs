using System.Numerics.Tensors;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>
/// Weights with LoRAs computed beside them instead of added to them: switching LoRAs prepares two small matrices per changed layer and
/// leaves the weights, whatever their format, as they are.
/// </summary>
internal sealed class AppliedWeightSource : IWeightSource
{
    private readonly IWeightSource _inner;
    private readonly IReadOnlyList<IWeightDelta> _deltas;
    private readonly WeightCache _cache;

    /// <summary>Creates a source.</summary>
    /// <param name="inner">The weights without LoRAs.</param>
    /// <param name="deltas">The LoRAs; their files must stay open while leases are taken.</param>
    /// <param name="cache">The device's prepared weights.</param>
    public AppliedWeightSource(IWeightSource inner, IReadOnlyList<IWeightDelta> deltas, WeightCache cache)
    {
        _inner = inner;
        _deltas = deltas;
        _cache = cache;
        LargestRank = deltas
            .SelectMany(delta => delta.Ranks)
            .GroupBy(layer => layer.Key, StringComparer.Ordinal)
            .Select(layer => layer.Sum(rank => rank.Value))
            .DefaultIfEmpty(0)
            .Max();
    }

    /// <inheritdoc/>
    public IComputeDevice Device => _inner.Device;

    /// <inheritdoc/>
    public string Description => _inner.Description;

    /// <inheritdoc/>
    public string Prefix => _inner.Prefix;

    /// <inheritdoc/>
    public bool QuantisesInputs => _inner.QuantisesInputs;

    /// <inheritdoc/>
    public int LargestRank { get; }

    /// <inheritdoc/>
    public TensorShape? FindShape(string tensor) => _inner.FindShape(tensor);

    /// <inheritdoc/>
    public WeightLease<IDeviceWeight> Linear(params ReadOnlySpan<string> layers)
    {
        string[] names = layers.ToArray();
        return Array.Exists(names, layer => _deltas.Any(delta => delta.Ranks.ContainsKey(layer)))
            ? _cache.Lease<IDeviceWeight>(Key(names), () => Prepare(names))
            : _inner.Linear(layers);
    }

    /// <inheritdoc/>
    public WeightLease<IDeviceWeight> Convolution(string layer, int firstOutput, int outputs) => _inner.Convolution(layer, firstOutput, outputs);

    /// <inheritdoc/>
    public WeightLease<DeviceBuffer> Values(params ReadOnlySpan<string> tensors) => _inner.Values(tensors);

    /// <inheritdoc/>
    public float[] HostValues(string tensor) => _inner.HostValues(tensor);

    private string Key(string[] layers) =>
        $"applied {QuantisesInputs}\n{Description}\n" + string.Join('\n', layers.Select(layer =>
            Prefix + layer + string.Concat(_deltas.Where(delta => delta.Ranks.ContainsKey(layer)).Select(delta => "|" + delta.Identity))));

    private AppliedWeight Prepare(string[] layers)
    {
        WeightLease<IDeviceWeight> whole = _inner.Linear(layers);
        List<AppliedWeight.Change> changes = [];
        try
        {
            int first = 0;
            foreach (string layer in layers)
            {
                TensorShape shape = FindShape(layer + ".weight")!.Value;
                int outputs = shape.Extent(0);
                List<(LoraTarget Target, float Strength)> loras =
                    [.. _deltas.Where(delta => delta.Ranks.ContainsKey(layer)).Select(delta => (delta.Target(layer, outputs, shape.Extent(1)), delta.Strength))];
                if (loras.Count > 0)
                {
                    changes.Add(Prepare(first, outputs, loras));
                }

                first += outputs;
            }

            return new AppliedWeight(whole, changes);
        }
        catch
        {
            changes.ForEach(change => change.Dispose());
            whole.Dispose();
            throw;
        }
    }

    private AppliedWeight.Change Prepare(int firstOutput, int outputs, List<(LoraTarget Target, float Strength)> loras)
    {
        int ranks = loras.Sum(lora => lora.Target.Rank);
        float[] up = new float[checked(outputs * ranks)];
        int column = 0;
        foreach ((LoraTarget target, float strength) in loras)
        {
            float[] one = new float[checked(outputs * target.Rank)];
            TensorConversion.ToFloat32(target.Up, one);
            TensorPrimitives.Multiply(one, strength * target.Scale, one);
            for (int output = 0; output < outputs; output++)
            {
                one.AsSpan(output * target.Rank, target.Rank).CopyTo(up.AsSpan((output * ranks) + column));
            }

            column += target.Rank;
        }

        IDeviceWeight down = Device.PrepareLinear([.. loras.Select(lora => new LinearPart(lora.Target.Down, Bias: null))]);
        try
        {
            return new AppliedWeight.Change(firstOutput, down, Device.PrepareLinear([new LinearPart(new FloatTensor(new TensorShape(outputs, ranks), up), Bias: null)]));
        }
        catch
        {
            down.Dispose();
            throw;
        }
    }
}
