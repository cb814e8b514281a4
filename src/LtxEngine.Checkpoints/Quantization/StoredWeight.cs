using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Quantization;

/// <summary>
/// The weight of a linear layer as stored, with its scales, whatever the format. Quantised is what is stored so: e4m3fn with a
/// <c>weight_scale</c> beside it, or packed U8 with <c>weight_scale</c> and <c>weight_scale_2</c>; the layer's name does not matter.
/// </summary>
internal sealed class StoredWeight
{
    private readonly StoredTensor? _blockScales;
    private readonly float _scale;

    private StoredWeight(StoredTensor tensor, WeightFormat format, TensorShape shape, float scale, float? inputScale, StoredTensor? blockScales)
    {
        Tensor = tensor;
        Format = format;
        Shape = shape;
        InputScale = inputScale;
        _scale = scale;
        _blockScales = blockScales;
    }

    /// <summary>The stored tensor.</summary>
    public StoredTensor Tensor { get; }

    /// <summary>How it is stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>The shape that the weight stands for: [output, input] for a linear layer.</summary>
    public TensorShape Shape { get; }

    /// <summary>weight_scale of fp8, weight_scale_2 of NVFP4; 1 for a plain weight.</summary>
    public float Scale => _scale;

    /// <summary>input_scale, when the layer's input is to be quantised; null when none is stored.</summary>
    public float? InputScale { get; }

    /// <summary>Finds the weight of a layer.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="layer">The layer's full name, without <c>.weight</c>.</param>
    /// <exception cref="ModelFormatException">The weight is missing or its scales do not fit it.</exception>
    public static StoredWeight Find(ITensorCollection checkpoint, string layer)
    {
        if (!checkpoint.Tensors.TryGetValue($"{layer}.weight", out StoredTensor? tensor))
        {
            throw new ModelFormatException(checkpoint.DisplayPath(), ModelFormatErrorKind.InvalidTensors, $"Tensor '{layer}.weight' is missing.");
        }

        float? inputScale = FindScale(checkpoint, layer, "input_scale", "scale_input");
        if (tensor.DataType == DataType.Float8E4M3 && FindScale(checkpoint, layer, "weight_scale", "scale_weight") is { } scale)
        {
            return new StoredWeight(tensor, WeightFormat.ScaledFloat8, tensor.Shape, scale, inputScale, blockScales: null);
        }

        return tensor.DataType == DataType.UInt8
            ? FindNvfp4(checkpoint, layer, tensor, inputScale)
            : new StoredWeight(tensor, WeightFormat.Plain, tensor.Shape, 1, inputScale: null, blockScales: null);
    }

    /// <summary>Dequantises the whole weight.</summary>
    /// <param name="destination">Receives as many values as <see cref="Shape"/> has elements.</param>
    public void ToFloat32(Span<float> destination)
    {
        if (Format == WeightFormat.Plain)
        {
            Tensor.CopyToFloat32(destination);
        }
        else
        {
            ToFloat32(0, Shape.Extent(0), destination);
        }
    }

    /// <summary>Dequantises some rows.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rowCount">How many rows.</param>
    /// <param name="destination">Receives [rowCount, input].</param>
    public void ToFloat32(int firstRow, int rowCount, Span<float> destination) => ToFloat32(firstRow, rowCount, _scale, destination);

    private void ToFloat32(int firstRow, int rowCount, float scale, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow, Shape[0] - rowCount);
        int columns = checked((int)(Shape.ElementCount / Math.Max(Shape[0], 1)));
        destination = destination[..checked(rowCount * columns)];
        long storedColumns = Tensor.Shape.ElementCount / Math.Max(Shape[0], 1);
        StoredTensor rows = Tensor.Slice(firstRow * storedColumns, new TensorShape(rowCount, storedColumns));
        switch (Format)
        {
            case WeightFormat.Plain:
                rows.CopyToFloat32(destination);
                break;
            case WeightFormat.ScaledFloat8:
                Float8Quantizer.Dequantize(rows.Bytes, scale, destination);
                break;
            default:
                Nvfp4.Dequantize(rows.Bytes, _blockScales!.Bytes, scale, Shape.Extent(0), columns, firstRow, destination);
                break;
        }
    }

    /// <summary>Some rows before the multiplication by <see cref="Scale"/>; of every quantised format these values are exactly bf16 values.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rowCount">How many rows.</param>
    /// <param name="destination">Receives [rowCount, input].</param>
    public void ToUnscaledFloat32(int firstRow, int rowCount, Span<float> destination) => ToFloat32(firstRow, rowCount, 1, destination);

    private static StoredWeight FindNvfp4(ITensorCollection checkpoint, string layer, StoredTensor tensor, float? inputScale)
    {
        float? globalScale = FindScale(checkpoint, layer, "weight_scale_2", "weight_scale_2");
        bool fits = checkpoint.Tensors.TryGetValue($"{layer}.weight_scale", out StoredTensor? blockScales)
            && globalScale is not null
            && tensor.Shape.Rank == 2
            && tensor.Shape[0] is > 0 and < int.MaxValue / 2
            && tensor.Shape[1] is > 0 and < int.MaxValue / 2
            && tensor.Shape[1] * 2 % Nvfp4.BlockSize == 0
            && blockScales.DataType == DataType.Float8E4M3
            && blockScales.Shape.ElementCount == (long)Nvfp4.PaddedRows(tensor.Shape.Extent(0)) * Nvfp4.PaddedColumns(tensor.Shape.Extent(1) * 2);
        if (!fits)
        {
            throw new ModelFormatException(
                checkpoint.DisplayPath(),
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{layer}.weight' is U8 {tensor.Shape}, but its NVFP4 scales (weight_scale in 128 × 4 tiles, weight_scale_2) are missing or do not fit.");
        }

        return new StoredWeight(tensor, WeightFormat.Nvfp4, new TensorShape(tensor.Shape[0], tensor.Shape[1] * 2), globalScale!.Value, inputScale, blockScales);
    }

    private static float? FindScale(ITensorCollection checkpoint, string layer, string name, string otherName)
    {
        if (!checkpoint.Tensors.TryGetValue($"{layer}.{name}", out StoredTensor? tensor) && !checkpoint.Tensors.TryGetValue($"{layer}.{otherName}", out tensor))
        {
            return null;
        }

        float value = tensor.Shape.ElementCount == 1 ? tensor.ToFloat32Array()[0] : float.NaN;
        return float.IsFinite(value) && value > 0
            ? value
            : throw new ModelFormatException(
                checkpoint.DisplayPath(), ModelFormatErrorKind.InvalidTensors, $"Tensor '{tensor.Name}' must hold one finite number above 0.");
    }
}
