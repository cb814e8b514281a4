using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Checkpoints.Quantization;
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
    private readonly bool _roundDeltas;

    /// <summary>Creates a source.</summary>
    /// <param name="checkpoint">The tensors.</param>
    /// <param name="prefix">Prefix of the network's tensors, such as <c>model.diffusion_model.</c>; may be empty.</param>
    /// <param name="device">The device.</param>
    /// <param name="deltas">Changes added in this order; none when null.</param>
    /// <param name="cache">The device's prepared weights when networks share them; an own one when null.</param>
    /// <param name="quantiseInputs">Whether a stored <c>input_scale</c> is used.</param>
    /// <param name="roundDeltas">
    /// Whether changes are added with the bf16 rounding of the original code and changed weights keep a small type (fp8 where they are fp8, bf16
    /// else); otherwise the sum is fp32 and stays so.
    /// </param>
    public CheckpointWeightSource(
        ITensorCollection checkpoint,
        string prefix,
        IComputeDevice device,
        IReadOnlyList<IWeightDelta>? deltas = null,
        WeightCache? cache = null,
        bool quantiseInputs = false,
        bool roundDeltas = false)
    {
        _checkpoint = checkpoint;
        _prefix = prefix;
        Device = device;
        QuantisesInputs = quantiseInputs;
        _roundDeltas = roundDeltas;
        _deltas = deltas ?? [];
        _cache = cache ?? new WeightCache();
    }

    /// <inheritdoc/>
    public IComputeDevice Device { get; }

    /// <inheritdoc/>
    public bool QuantisesInputs { get; }

    /// <inheritdoc/>
    public int LargestRank => 0;

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
        return _cache.Lease(LinearKey(names), () => QuantisesInputs ? PrepareWithInputScales(names) : Prepare(names));
    }

    /// <inheritdoc/>
    public WeightLease<IDeviceWeight> Convolution(string layer, int firstOutput, int outputs) =>
        _cache.Lease($"convolution {firstOutput}+{outputs}\n{Key(layer + ".weight")}", () =>
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
        return _cache.Lease("values\n" + string.Join('\n', names.Select(Key)), () =>
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
            try
            {
                Device.Upload(values, buffer.AsMatrix(1, count));
                return buffer;
            }
            catch
            {
                buffer.Dispose();
                throw;
            }
        });
    }

    /// <inheritdoc/>
    public float[] HostValues(string tensor) => Stored(tensor).ToFloat32Array();

    private IDeviceWeight Prepare(ReadOnlySpan<string> layers)
    {
        LinearPart[] parts = new LinearPart[layers.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            _checkpoint.Tensors.TryGetValue(_prefix + layers[i] + ".bias", out StoredTensor? bias);
            // Here and not while the device packs: its threads would wait for the disk.
            Stored(layers[i] + ".weight").ReadAhead();
            (ITensorData weight, float scale) = LinearWeight(layers[i]);
            parts[i] = new LinearPart(weight, bias, scale);
        }

        IDeviceWeight prepared = Device.PrepareLinear(parts);
        foreach (string layer in layers)
        {
            Stored(layer + ".weight").ReleasePages();
        }

        return prepared;
    }

    /// <summary>Layers of one input scale make one product, layers of different scales see different inputs.</summary>
    private IDeviceWeight PrepareWithInputScales(string[] layers)
    {
        float?[] scales = [.. layers.Select(layer => StoredWeight.Find(_checkpoint, _prefix + layer).InputScale)];
        if (Array.TrueForAll(scales, scale => scale is null))
        {
            return Prepare(layers);
        }

        List<(IDeviceWeight Weight, float? InputScale)> parts = [];
        try
        {
            int end;
            for (int first = 0; first < layers.Length; first = end)
            {
                end = first + 1;
                while (end < layers.Length && scales[end] == scales[first])
                {
                    end++;
                }

                parts.Add((Prepare(layers.AsSpan(first..end)), scales[first]));
            }

            return new RoundedInputWeight(parts);
        }
        catch
        {
            parts.ForEach(part => part.Weight.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Quantised weights stay small on the device: fp8 codes as they are, NVFP4 codes times their block scales as bf16 (at most two by four
    /// significant bits: exact); the scale of the whole tensor is a factor of the product. A weight that a LoRA changes becomes fp32, unless the
    /// rounding of the original code is asked for.
    /// </summary>
    private (ITensorData Weight, float Scale) LinearWeight(string layer)
    {
        StoredWeight weight = StoredWeight.Find(_checkpoint, _prefix + layer);
        int outputs = weight.Shape.Extent(0);
        int inputs = weight.Shape.Extent(1);
        List<(LoraTarget Target, float Strength)> changes =
            [.. _deltas.Where(delta => delta.Ranks.ContainsKey(layer)).Select(delta => (delta.Target(layer, outputs, inputs), delta.Strength))];
        if (changes.Count > 0)
        {
            return _roundDeltas ? Round(weight, changes) : (Add(weight, changes), 1);
        }

        return (weight.Format == WeightFormat.Nvfp4 ? ToBrain(weight) : weight.Tensor, weight.Scale);
    }

    private static FloatTensor Add(StoredWeight weight, List<(LoraTarget Target, float Strength)> changes)
    {
        float[] values = new float[checked((int)weight.Shape.ElementCount)];
        weight.ToFloat32(values);
        foreach ((LoraTarget target, float strength) in changes)
        {
            LoraFusion.Add(values, target, strength);
        }

        return new FloatTensor(weight.Shape, values);
    }

    private static (ITensorData Weight, float Scale) Round(StoredWeight weight, List<(LoraTarget Target, float Strength)> changes)
    {
        if (weight.Format == WeightFormat.ScaledFloat8)
        {
            byte[] codes = weight.Tensor.Bytes.ToArray();
            float scale = LoraFusion.AddToScaledFloat8(codes, weight.Scale, changes);
            return (new StoredBytesTensor(DataType.Float8E4M3, weight.Shape, codes), scale);
        }

        float[] values = new float[checked((int)weight.Shape.ElementCount)];
        weight.ToFloat32(values);
        LoraFusion.AddInBFloat16Steps(values, changes);
        byte[] bytes = new byte[checked(values.Length * sizeof(ushort))];
        TensorConversion.FromFloat32(values, DataType.BFloat16, bytes);
        return (new StoredBytesTensor(DataType.BFloat16, weight.Shape, bytes), 1);
    }

    /// <summary>Row by row, so that no fp32 copy of the whole weight is made.</summary>
    private static StoredBytesTensor ToBrain(StoredWeight weight)
    {
        int columns = weight.Shape.Extent(1);
        float[] row = new float[columns];
        int rowBytes = checked(columns * sizeof(ushort));
        byte[] bytes = new byte[checked(weight.Shape.Extent(0) * rowBytes)];
        for (int i = 0; i < weight.Shape.Extent(0); i++)
        {
            weight.ToUnscaledFloat32(i, 1, row);
            TensorConversion.FromFloat32(row, DataType.BFloat16, bytes.AsSpan(i * rowBytes, rowBytes));
        }

        return new StoredBytesTensor(DataType.BFloat16, weight.Shape, bytes);
    }

    private StoredTensor Stored(string name) => _checkpoint.Tensors.TryGetValue(_prefix + name, out StoredTensor? tensor)
        ? tensor
        : throw new ModelFormatException(Description, ModelFormatErrorKind.InvalidTensors, TensorInspector.MissingTensor(_prefix + name));

    private string LinearKey(string[] layers) => (QuantisesInputs ? "linear, rounded input\n" : "linear\n") + string.Join('\n', layers.Select(layer =>
        Key(layer + ".weight") + string.Concat(_deltas.Where(delta => delta.Ranks.ContainsKey(layer)).Select(delta => (_roundDeltas ? "|rounded " : "|") + delta.Identity))));

    private string Key(string tensor) => $"{Stored(tensor).FilePath}|{_prefix}{tensor}";
}
