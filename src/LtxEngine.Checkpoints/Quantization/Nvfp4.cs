using System.Numerics.Tensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Quantization;

/// <summary>
/// NVFP4: W = e2m1 code · block scale · weight_scale_2. A block is 16 consecutive inputs of one output row; its scale is e4m3fn.
/// Block scales are stored in tiles of 128 rows × 4 columns (the order of cuBLAS), padded to whole tiles.
/// </summary>
internal static class Nvfp4
{
    /// <summary>Inputs that share a block scale.</summary>
    public const int BlockSize = 16;

    private const int TileRows = 128;
    private const int TileColumns = 4;
    private const int TileSize = TileRows * TileColumns;
    private const int InterleavedRows = 32;
    private const int InterleavedBytes = 16;

    /// <summary>Rows of the stored block scales.</summary>
    public static int PaddedRows(int outputFeatures) => (outputFeatures + TileRows - 1) / TileRows * TileRows;

    /// <summary>Columns of the stored block scales.</summary>
    public static int PaddedColumns(int inputFeatures)
    {
        int blocks = (inputFeatures + BlockSize - 1) / BlockSize;
        return (blocks + TileColumns - 1) / TileColumns * TileColumns;
    }

    /// <summary>Where the scale of a row's block lies in the stored order.</summary>
    /// <param name="row">The output row.</param>
    /// <param name="block">The block within the row.</param>
    /// <param name="paddedColumns">Columns of the stored block scales.</param>
    public static int ScaleOffset(int row, int block, int paddedColumns)
    {
        int tile = ((row / TileRows) * (paddedColumns / TileColumns)) + (block / TileColumns);
        int inTile = ((row % InterleavedRows) * InterleavedBytes) + ((row % TileRows) / InterleavedRows * TileColumns) + (block % TileColumns);
        return (tile * TileSize) + inTile;
    }

    /// <summary>Reads the block scales in plain order.</summary>
    /// <param name="storedScales">The tiled e4m3fn codes.</param>
    /// <param name="outputFeatures">Output rows.</param>
    /// <param name="inputFeatures">Inputs, divisible by 16.</param>
    /// <param name="destination">Receives [outputFeatures, inputFeatures / 16].</param>
    public static void UntileScales(ReadOnlySpan<byte> storedScales, int outputFeatures, int inputFeatures, Span<float> destination)
    {
        Check(outputFeatures, inputFeatures, storedScales.Length);
        int blocks = inputFeatures / BlockSize;
        byte[] codes = new byte[blocks];
        for (int row = 0; row < outputFeatures; row++)
        {
            GatherRow(storedScales, row, PaddedColumns(inputFeatures), codes);
            TensorConversion.Float8E4M3ToFloat32(codes, destination.Slice(row * blocks, blocks));
        }
    }

    /// <summary>Dequantises some rows of a weight.</summary>
    /// <param name="packed">The packed codes of exactly these rows.</param>
    /// <param name="storedScales">The tiled e4m3fn scales of the whole weight.</param>
    /// <param name="globalScale">weight_scale_2.</param>
    /// <param name="outputFeatures">Output rows of the whole weight.</param>
    /// <param name="inputFeatures">Inputs, divisible by 16.</param>
    /// <param name="firstRow">The first of the rows.</param>
    /// <param name="destination">Receives [rows, inputFeatures].</param>
    public static void Dequantize(
        ReadOnlySpan<byte> packed, ReadOnlySpan<byte> storedScales, float globalScale, int outputFeatures, int inputFeatures, int firstRow, Span<float> destination)
    {
        Check(outputFeatures, inputFeatures, storedScales.Length);
        TensorConversion.Float4E2M1ToFloat32(packed, destination);
        int blocks = inputFeatures / BlockSize;
        byte[] codes = new byte[blocks];
        float[] scales = new float[blocks];
        for (int row = 0; row < destination.Length / inputFeatures; row++)
        {
            GatherRow(storedScales, firstRow + row, PaddedColumns(inputFeatures), codes);
            TensorConversion.Float8E4M3ToFloat32(codes, scales);
            for (int block = 0; block < blocks; block++)
            {
                Span<float> values = destination.Slice((row * inputFeatures) + (block * BlockSize), BlockSize);
                TensorPrimitives.Multiply(values, scales[block] * globalScale, values);
            }
        }
    }

    /// <summary>
    /// Quantises a weight: s_t = max|W| / 2688, s_b = e4m3fn(min(max|block| / 6 / s_t, 448)), code = e2m1(x / (s_t · s_b)).
    /// </summary>
    /// <param name="weight">[outputFeatures, inputFeatures], finite.</param>
    /// <param name="outputFeatures">Output rows.</param>
    /// <param name="inputFeatures">Inputs, divisible by 16.</param>
    /// <param name="packed">Receives [outputFeatures, inputFeatures / 2].</param>
    /// <param name="storedScales">Receives the tiled scales, padding zero.</param>
    /// <returns>weight_scale_2 = s_t.</returns>
    public static float Quantize(ReadOnlySpan<float> weight, int outputFeatures, int inputFeatures, Span<byte> packed, Span<byte> storedScales)
    {
        const float FullRange = TensorConversion.Float4E2M1Maximum * TensorConversion.Float8E4M3Maximum;

        Check(outputFeatures, inputFeatures, storedScales.Length);
        float maximum = MathF.Abs(TensorPrimitives.MaxMagnitude(weight));
        if (!float.IsFinite(maximum))
        {
            throw new ArgumentException("A weight that holds NaN or infinity cannot be quantised.", nameof(weight));
        }

        float globalScale = maximum > 0 ? maximum / FullRange : 1;
        storedScales.Clear();
        Span<float> blockScale = stackalloc float[1];
        Span<byte> blockCode = stackalloc byte[1];
        for (int row = 0; row < outputFeatures; row++)
        {
            for (int block = 0; block < inputFeatures / BlockSize; block++)
            {
                int start = (row * inputFeatures) + (block * BlockSize);
                ReadOnlySpan<float> values = weight.Slice(start, BlockSize);
                blockScale[0] = MathF.Abs(TensorPrimitives.MaxMagnitude(values)) / TensorConversion.Float4E2M1Maximum / globalScale;
                TensorConversion.Float32ToFloat8E4M3(blockScale, blockCode);
                TensorConversion.Float8E4M3ToFloat32(blockCode, blockScale);
                storedScales[ScaleOffset(row, block, PaddedColumns(inputFeatures))] = blockCode[0];
                float divisor = globalScale * blockScale[0];
                for (int i = 0; i < BlockSize; i += 2)
                {
                    packed[(start + i) / 2] = (byte)((Encode(values[i], divisor) << 4) | Encode(values[i + 1], divisor));
                }
            }
        }

        return globalScale;
    }

    // A block whose scale rounds to zero holds nothing but zeros.
    private static byte Encode(float value, float divisor) => divisor > 0 ? TensorConversion.Float32ToFloat4E2M1(value / divisor) : (byte)0;

    private static void GatherRow(ReadOnlySpan<byte> storedScales, int row, int paddedColumns, Span<byte> codes)
    {
        for (int block = 0; block < codes.Length; block++)
        {
            codes[block] = storedScales[ScaleOffset(row, block, paddedColumns)];
        }
    }

    private static void Check(int outputFeatures, int inputFeatures, int scaleCount)
    {
        if (inputFeatures % BlockSize != 0)
        {
            throw new ArgumentException($"NVFP4 needs a number of inputs divisible by {BlockSize}, not {inputFeatures}.", nameof(inputFeatures));
        }

        if (scaleCount != PaddedRows(outputFeatures) * PaddedColumns(inputFeatures))
        {
            throw new ArgumentException(
                $"{outputFeatures} × {inputFeatures} weights have {PaddedRows(outputFeatures) * PaddedColumns(inputFeatures)} stored block scales, not {scaleCount}.", nameof(scaleCount));
        }
    }
}
