using System.Numerics.Tensors;
using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Lora;

/// <summary>Adds LoRAs to weights: W' = W + Σ strength · (alpha / rank) · up · down.</summary>
internal static class LoraFusion
{
    /// <summary>Adds one LoRA in fp32, without intermediate rounding.</summary>
    /// <param name="weight">[output, input], updated.</param>
    /// <param name="target">The LoRA of this layer.</param>
    /// <param name="strength">The strength; negative values take the LoRA away.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Add(Span<float> weight, LoraTarget target, float strength)
    {
        Check(weight.Length, target);
        float[] down = ToFloat32(target.Down);
        float[] up = ToFloat32(target.Up);
        TensorPrimitives.Multiply(up, strength * target.Scale, up);
        float[] row = new float[target.InputFeatures];
        for (int output = 0; output < target.OutputFeatures; output++)
        {
            MultiplyRow(up.AsSpan(output * target.Rank, target.Rank), down, row);
            Span<float> weightRow = weight.Slice(output * row.Length, row.Length);
            TensorPrimitives.Add(weightRow, row, weightRow);
        }
    }

    /// <summary>
    /// Adds LoRAs to a bf16 weight with the rounding of the original code: (up · s) to bf16, each product to bf16, several products summed and
    /// rounded, W plus the sum rounded.
    /// </summary>
    /// <param name="weight">bf16 values, updated.</param>
    /// <param name="targets">The LoRAs of this layer with their strengths.</param>
    public static void AddInBFloat16Steps(Span<float> weight, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        float[] sum = BFloat16Delta(weight.Length, targets);
        TensorPrimitives.Add(weight, sum, weight);
        TensorConversion.RoundToBFloat16(weight);
    }

    /// <summary>
    /// Adds LoRAs to a scaled fp8 weight as the original does: W = code · weight_scale in fp32, plus the bf16 delta, quantised again per tensor.
    /// </summary>
    /// <param name="codes">e4m3fn codes, updated.</param>
    /// <param name="weightScale">weight_scale.</param>
    /// <param name="targets">The LoRAs of this layer with their strengths.</param>
    /// <returns>The new weight_scale.</returns>
    public static float AddToScaledFloat8(Span<byte> codes, float weightScale, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        float[] weight = new float[codes.Length];
        Float8Quantizer.Dequantize(codes, weightScale, weight);
        TensorPrimitives.Add(weight, BFloat16Delta(weight.Length, targets), weight);
        return Float8Quantizer.QuantizeWeight(weight, codes);
    }

    private static float[] BFloat16Delta(int length, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        float[] sum = new float[length];
        float[] product = new float[length];
        foreach ((LoraTarget target, float strength) in targets)
        {
            Check(length, target);
            float[] down = ToFloat32(target.Down);
            float[] up = ToFloat32(target.Up);
            TensorPrimitives.Multiply(up, strength * target.Scale, up);
            TensorConversion.RoundToBFloat16(up);
            for (int output = 0; output < target.OutputFeatures; output++)
            {
                MultiplyRow(up.AsSpan(output * target.Rank, target.Rank), down, product.AsSpan(output * target.InputFeatures, target.InputFeatures));
            }

            TensorConversion.RoundToBFloat16(product);
            TensorPrimitives.Add(sum, product, sum);
        }

        TensorConversion.RoundToBFloat16(sum);
        return sum;
    }

    // One row of up · down, summed over the rank in a fixed order.
    private static void MultiplyRow(ReadOnlySpan<float> up, ReadOnlySpan<float> down, Span<float> row)
    {
        row.Clear();
        for (int rank = 0; rank < up.Length; rank++)
        {
            TensorPrimitives.MultiplyAdd(down.Slice(rank * row.Length, row.Length), up[rank], row, row);
        }
    }

    private static float[] ToFloat32(ITensorData tensor)
    {
        float[] values = new float[checked((int)tensor.Shape.ElementCount)];
        TensorConversion.ToFloat32(tensor, values);
        return values;
    }

    private static void Check(int weightLength, LoraTarget target)
    {
        if (weightLength != (long)target.OutputFeatures * target.InputFeatures)
        {
            throw new ArgumentException(
                $"The LoRA of '{target.Module}' is [{target.OutputFeatures}, {target.InputFeatures}]; the weight has {weightLength} values.", nameof(target));
        }
    }
}
