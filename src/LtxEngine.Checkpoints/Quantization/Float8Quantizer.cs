using System.Numerics.Tensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Quantization;

/// <summary>Scaled fp8 (e4m3fn) with one fp32 scale per tensor: W = code · weight_scale.</summary>
internal static class Float8Quantizer
{
    /// <summary>
    /// Quantises a weight: scale = 448 / max|W|, code = e4m3fn(clamp(W · scale, ±448)), all in fp32.
    /// </summary>
    /// <param name="weight">Finite values.</param>
    /// <param name="codes">Receives as many codes.</param>
    /// <returns>weight_scale = 1 / scale; 1 for a weight of zeros.</returns>
    /// <exception cref="ArgumentException">The weight holds values that are not finite.</exception>
    public static float QuantizeWeight(ReadOnlySpan<float> weight, Span<byte> codes)
    {
        float maximum = weight.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(weight));
        if (!float.IsFinite(maximum))
        {
            throw new ArgumentException("A weight that holds NaN or infinity cannot be quantised.", nameof(weight));
        }

        float scale = maximum > 0 ? TensorConversion.Float8E4M3Maximum / maximum : 1;
        if (!float.IsFinite(scale))
        {
            // Below 2^-119 the factor overflows; such a weight is zero in every practical sense.
            scale = 1;
        }

        Scale(weight, scale, codes);
        return 1 / scale;
    }

    /// <summary>Quantises the input of a linear layer: code = e4m3fn(clamp(x · (1 / input_scale), ±448)).</summary>
    /// <param name="input">The values.</param>
    /// <param name="inputScale">The stored input_scale, above 0.</param>
    /// <param name="codes">Receives as many codes.</param>
    public static void QuantizeInput(ReadOnlySpan<float> input, float inputScale, Span<byte> codes) => Scale(input, 1 / inputScale, codes);

    /// <summary>Widens codes and multiplies them by a scale, in fp32.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="scale">weight_scale.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void Dequantize(ReadOnlySpan<byte> codes, float scale, Span<float> destination)
    {
        TensorConversion.Float8E4M3ToFloat32(codes, destination);
        TensorPrimitives.Multiply(destination, scale, destination);
    }

    private static void Scale(ReadOnlySpan<float> values, float factor, Span<byte> codes)
    {
        const int Chunk = 1024;
        Span<float> scaled = stackalloc float[Chunk];
        for (int i = 0; i < values.Length; i += Chunk)
        {
            ReadOnlySpan<float> part = values.Slice(i, Math.Min(Chunk, values.Length - i));
            TensorPrimitives.Multiply(part, factor, scaled[..part.Length]);
            TensorConversion.Float32ToFloat8E4M3(scaled[..part.Length], codes.Slice(i, part.Length));
        }
    }
}
