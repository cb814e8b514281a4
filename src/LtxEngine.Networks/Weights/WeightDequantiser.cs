using LtxEngine.Checkpoints;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Weights;

/// <summary>
/// Brings quantised linear weights to fp32. A weight is quantised when its type says so and its scale is stored beside it;
/// which layers are is read from the file, not known beforehand.
/// </summary>
internal static class WeightDequantiser
{
    private const int BlockInputs = 16;
    private const int TileRows = 128;
    private const int TileColumns = 4;

    /// <summary>The values of an e2m1 code without its sign.</summary>
    private static readonly float[] FourBitValues = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    /// <summary>The weight as it can be handed to a device.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="layer">Full name of the layer.</param>
    /// <param name="weight">The stored weight.</param>
    /// <returns>The stored weight itself when it is not quantised.</returns>
    /// <exception cref="ModelFormatException">A scale is missing or has the wrong shape.</exception>
    public static ITensorData ToFloat(ITensorCollection checkpoint, string layer, StoredTensor weight) => weight.DataType switch
    {
        DataType.Float8E4M3 => FromEightBit(checkpoint, layer, weight),
        DataType.UInt8 => FromFourBit(checkpoint, layer, weight),
        _ => weight,
    };

    /// <summary>W = e4m3 · weight_scale; without a scale the weight was only cast.</summary>
    private static ITensorData FromEightBit(ITensorCollection checkpoint, string layer, StoredTensor weight)
    {
        StoredTensor? scale = Find(checkpoint, layer + ".weight_scale") ?? Find(checkpoint, layer + ".scale_weight");
        if (scale is null)
        {
            return weight;
        }

        float factor = Scalar(scale);
        float[] values = weight.ToFloat32Array();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }

        return new FloatTensor(weight.Shape, values);
    }

    /// <summary>W = e2m1 · scale of 16 inputs · scale of the tensor; the first of two values is in the high half of its byte.</summary>
    private static FloatTensor FromFourBit(ITensorCollection checkpoint, string layer, StoredTensor weight)
    {
        StoredTensor blockScale = Demand(checkpoint, layer + ".weight_scale");
        float tensorScale = Scalar(Demand(checkpoint, layer + ".weight_scale_2"));
        int outputs = weight.Shape.Extent(0);
        int inputs = checked(weight.Shape.Extent(1) * 2);
        int scaleColumns = RoundUp((inputs + BlockInputs - 1) / BlockInputs, TileColumns);
        long expected = (long)RoundUp(outputs, TileRows) * scaleColumns;
        if (blockScale.Shape.ElementCount != expected)
        {
            throw new ModelFormatException(
                blockScale.FilePath,
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{blockScale.Name}' has the shape {blockScale.Shape}; {expected} values are needed for a weight of [{outputs}, {inputs}].");
        }

        float[] scales = blockScale.ToFloat32Array();
        ReadOnlySpan<byte> codes = weight.Bytes;
        float[] values = new float[checked(outputs * inputs)];
        for (int output = 0; output < outputs; output++)
        {
            for (int input = 0; input < inputs; input++)
            {
                int packed = codes[((output * inputs) + input) / 2];
                int code = input % 2 == 0 ? packed >> 4 : packed & 0xF;
                float magnitude = FourBitValues[code & 7];
                float scale = scales[ScaleIndex(output, input / BlockInputs, scaleColumns)] * tensorScale;
                values[(output * inputs) + input] = ((code & 8) != 0 ? -magnitude : magnitude) * scale;
            }
        }

        return new FloatTensor(new TensorShape(outputs, inputs), values);
    }

    /// <summary>The place of a scale in the tiled order of 128×4 that block-scaled products read (checkpoint.md §6.2).</summary>
    /// <param name="row">Output.</param>
    /// <param name="column">Block of inputs.</param>
    /// <param name="columns">Columns, padded to a multiple of 4.</param>
    internal static int ScaleIndex(int row, int column, int columns)
    {
        int tile = (row / TileRows * (columns / TileColumns)) + (column / TileColumns);
        return (tile * TileRows * TileColumns) + (row % 32 * 16) + (row % TileRows / 32 * 4) + (column % TileColumns);
    }

    private static int RoundUp(int value, int multiple) => checked(value + multiple - 1) / multiple * multiple;

    private static float Scalar(StoredTensor scale)
    {
        if (scale.Shape.ElementCount != 1)
        {
            throw new ModelFormatException(
                scale.FilePath,
                ModelFormatErrorKind.InvalidTensors,
                $"Tensor '{scale.Name}' has the shape {scale.Shape}; one value is needed.");
        }

        return scale.ToFloat32Array()[0];
    }

    private static StoredTensor? Find(ITensorCollection checkpoint, string name) => checkpoint.Tensors.GetValueOrDefault(name);

    private static StoredTensor Demand(ITensorCollection checkpoint, string name) => Find(checkpoint, name)
        ?? throw new ModelFormatException(
            checkpoint.DisplayPath(),
            ModelFormatErrorKind.InvalidTensors,
            $"Tensor '{name}' is missing; a weight of packed 4-bit values needs it.");
}
