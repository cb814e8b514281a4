using LtxEngine.Checkpoints;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>Weights of one network read from a checkpoint; the checkpoint must stay open while leases are taken.</summary>
internal sealed class CheckpointWeightSource : IWeightSource
{
    private readonly ITensorCollection _checkpoint;
    private readonly string _prefix;
    private readonly IReadOnlyList<IWeightDelta> _deltas;
    private readonly WeightCache _cache;

    /// <summary>Creates a source.</summary>
    /// <param name="checkpoint">The tensors.</param>
    /// <param name="prefix">Prefix of the network's tensors, such as <c>model.diffusion_model.</c>; may be empty.</param>
    /// <param name="device">The device.</param>
    /// <param name="deltas">Changes added in this order; none when null.</param>
    /// <param name="cache">The device's prepared weights when networks share them; an own one when null.</param>
    public CheckpointWeightSource(
        ITensorCollection checkpoint,
        string prefix,
        IComputeDevice device,
        IReadOnlyList<IWeightDelta>? deltas = null,
        WeightCache? cache = null)
    {
        _checkpoint = checkpoint;
        _prefix = prefix;
        Device = device;
        _deltas = deltas ?? [];
        _cache = cache ?? new WeightCache();
    }

    /// <inheritdoc/>
    public IComputeDevice Device { get; }

    /// <inheritdoc/>
    public string Description => _checkpoint.DisplayPath();

    /// <inheritdoc/>
    public string Prefix => _prefix;

    /// <inheritdoc/>
    public TensorShape? FindShape(string tensor)
    {
        if (!_checkpoint.Tensors.TryGetValue(_prefix + tensor, out StoredTensor? stored))
        {
            return null;
        }

        return stored.DataType == DataType.UInt8 && stored.Shape.Rank == 2
            ? new TensorShape(stored.Shape[0], checked(stored.Shape[1] * 2))
            : stored.Shape;
    }

    /// <inheritdoc/>
    public WeightLease<IDeviceWeight> Linear(params ReadOnlySpan<string> layers)
    {
        string[] names = layers.ToArray();
        return _cache.Lease(Key("linear", names, changeable: true), () =>
        {
            LinearPart[] parts = new LinearPart[names.Length];
            for (int i = 0; i < names.Length; i++)
            {
                _checkpoint.Tensors.TryGetValue(_prefix + names[i] + ".bias", out StoredTensor? bias);
                parts[i] = new LinearPart(LinearWeight(names[i]), bias);
            }

            return Device.PrepareLinear(parts);
        });
    }

    /// <inheritdoc/>
    public WeightLease<IDeviceWeight> Convolution(string layer, int firstOutput, int outputs) =>
        _cache.Lease(Key($"convolution {firstOutput}+{outputs}", [layer], changeable: false), () =>
        {
            StoredTensor weight = Stored(layer + ".weight");
            _checkpoint.Tensors.TryGetValue(_prefix + layer + ".bias", out StoredTensor? bias);
            bool whole = firstOutput == 0 && outputs == weight.Shape[0];
            return Device.PrepareConvolution(whole
                ? new ConvolutionPart(weight, bias)
                : new ConvolutionPart(new TensorRows(weight, firstOutput, outputs), bias is null ? null : new TensorRows(bias, firstOutput, outputs)));
        });

    /// <inheritdoc/>
    public WeightLease<DeviceBuffer> Values(params ReadOnlySpan<string> tensors)
    {
        string[] names = tensors.ToArray();
        return _cache.Lease(Key("values", names, changeable: false), () =>
        {
            int count = 0;
            foreach (string name in names)
            {
                count = checked(count + (int)Stored(name).Shape.ElementCount);
            }

            float[] values = new float[count];
            int offset = 0;
            foreach (string name in names)
            {
                StoredTensor stored = Stored(name);
                stored.CopyToFloat32(values.AsSpan(offset));
                offset += (int)stored.Shape.ElementCount;
            }

            DeviceBuffer buffer = Device.Allocate(count);
            Device.Upload(values, buffer.AsMatrix(1, count));
            return buffer;
        });
    }

    /// <inheritdoc/>
    public float[] HostValues(string tensor) => Stored(tensor).ToFloat32Array();

    private ITensorData LinearWeight(string layer)
    {
        ITensorData weight = Stored(layer + ".weight");
        FloatTensor? changed = weight as FloatTensor;
        foreach (IWeightDelta delta in _deltas)
        {
            if (delta.Changes(layer))
            {
                changed ??= ToFloat(weight);
                delta.AddTo(layer, changed.Values, changed.Shape.Extent(0), changed.Shape.Extent(1));
            }
        }

        return changed ?? weight;
    }

    private static FloatTensor ToFloat(ITensorData tensor)
    {
        float[] values = new float[checked((int)tensor.Shape.ElementCount)];
        TensorConversion.ToFloat32(tensor, values);
        return new FloatTensor(tensor.Shape, values);
    }

    private StoredTensor Stored(string name) => _checkpoint.Tensors.TryGetValue(_prefix + name, out StoredTensor? tensor)
        ? tensor
        : throw new ModelFormatException($"{Description} has no tensor '{_prefix}{name}'.");

    private string Key(string kind, string[] names, bool changeable)
    {
        IEnumerable<string> parts = names.Select(n =>
        {
            string tensor = _prefix + n;
            string file = _checkpoint.Tensors.TryGetValue(changeable || kind.StartsWith("conv", StringComparison.Ordinal) ? tensor + ".weight" : tensor, out StoredTensor? stored) ? stored.FilePath : string.Empty;
            string changes = changeable ? string.Concat(_deltas.Where(d => d.Changes(n)).Select(d => "|" + d.Identity)) : string.Empty;
            return $"{file}|{tensor}{changes}";
        });
        return $"{kind}\n{string.Join('\n', parts)}";
    }
}
