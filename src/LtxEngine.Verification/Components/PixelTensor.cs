using LtxEngine.Media.Images;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Pixels that cases store as floats, and their comparison.</summary>
internal static class PixelTensor
{
    /// <summary>Converts whole numbers 0 … 255 to bytes.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            bytes[i] = checked((byte)values[i]);
        }

        return bytes;
    }

    /// <summary>Hands over whole numbers in the type in which the case stores them.</summary>
    public static void Add(CaseOutputs outputs, ReferenceCase referenceCase, string name, TensorShape shape, long[] values)
    {
        if (referenceCase.Wants(name) && referenceCase.Expected(name).DataType == DataType.Int64)
        {
            outputs.AddIntegers(name, shape, values);
        }
        else
        {
            outputs.Add(name, new HostTensor(shape, [.. values.Select(v => (float)v)]));
        }
    }

    /// <summary>Peak signal-to-noise ratio over all bytes: 10 · log₁₀(255² / mean squared difference); infinite for equal bytes.</summary>
    public static double Psnr(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected)
    {
        if (actual.Length != expected.Length)
        {
            return double.NegativeInfinity;
        }

        double sum = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = actual[i] - expected[i];
            sum += difference * difference;
        }

        return sum == 0 ? double.PositiveInfinity : 10 * Math.Log10(255.0 * 255.0 * actual.Length / sum);
    }

    /// <summary>Peak signal-to-noise ratio of two pictures; minus infinity where their sizes differ.</summary>
    public static double Psnr(RgbImage actual, RgbImage expected) =>
        actual.Width == expected.Width && actual.Height == expected.Height
            ? Psnr(actual.Pixels.Span, expected.Pixels.Span)
            : double.NegativeInfinity;
}
