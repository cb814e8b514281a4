using System.Numerics.Tensors;
using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Lora;

/// <summary>Adds LoRAs to weights: W' = W + Σ strength · (alpha / rank) · up · down. Results do not depend on the number of threads.</summary>
internal static class LoraFusion
{
    /// <summary>Adds one LoRA in fp32, without intermediate rounding.</summary>
    /// <param name="weight">[output, input], updated.</param>
    /// <param name="target">The LoRA of this layer.</param>
    /// <param name="strength">The strength; negative values take the LoRA away.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Add(Memory<float> weight, LoraTarget target, float strength)
    {
        Check(weight.Length, target);
        LowRankProduct product = new(target, strength, roundToBFloat16: false);
        LowRankProduct.ForEachPiece(target.OutputFeatures, target.InputFeatures, (output, first, piece, _) =>
        {
            product.Compute(output, first, piece);
            Span<float> changed = weight.Span.Slice((output * target.InputFeatures) + first, piece.Length);
            TensorPrimitives.Add(changed, piece, changed);
        });
    }

    /// <summary>
    /// Adds LoRAs to a bf16 weight with the rounding of the original code: (up · s) to bf16, each product to bf16, several products summed and
    /// rounded, W plus the sum rounded.
    /// </summary>
    /// <param name="weight">bf16 values, updated.</param>
    /// <param name="targets">The LoRAs of this layer with their strengths.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void AddInBFloat16Steps(Memory<float> weight, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        AddRounded(weight, targets);
        TensorConversion.RoundToBFloat16(weight.Span);
    }

    /// <summary>
    /// Adds LoRAs to a scaled fp8 weight as the original does: W = code · weight_scale in fp32, plus the bf16 delta, quantised again per tensor.
    /// </summary>
    /// <param name="codes">e4m3fn codes, updated.</param>
    /// <param name="weightScale">weight_scale.</param>
    /// <param name="targets">The LoRAs of this layer with their strengths.</param>
    /// <returns>The new weight_scale.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the sum is not finite.</exception>
    public static float AddToScaledFloat8(Span<byte> codes, float weightScale, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        float[] weight = new float[codes.Length];
        Float8Quantizer.Dequantize(codes, weightScale, weight);
        AddRounded(weight, targets);
        return Float8Quantizer.QuantizeWeight(weight, codes);
    }

    /// <summary>Adds the bf16 sum of the bf16 products.</summary>
    private static void AddRounded(Memory<float> weight, IReadOnlyList<(LoraTarget Target, float Strength)> targets)
    {
        foreach ((LoraTarget target, _) in targets)
        {
            Check(weight.Length, target);
        }

        if (targets.Count == 0)
        {
            return;
        }

        LowRankProduct[] products = [.. targets.Select(lora => new LowRankProduct(lora.Target, lora.Strength, roundToBFloat16: true))];
        int inputs = targets[0].Target.InputFeatures;
        LowRankProduct.ForEachPiece(targets[0].Target.OutputFeatures, inputs, (output, first, piece, sum) =>
        {
            sum.Clear();
            foreach (LowRankProduct product in products)
            {
                product.Compute(output, first, piece);
                TensorConversion.RoundToBFloat16(piece);
                TensorPrimitives.Add(sum, piece, sum);
            }

            TensorConversion.RoundToBFloat16(sum);
            Span<float> changed = weight.Span.Slice((output * inputs) + first, piece.Length);
            TensorPrimitives.Add(changed, sum, changed);
        });
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
