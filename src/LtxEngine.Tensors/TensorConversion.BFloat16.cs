using System.Numerics;

namespace LtxEngine.Tensors;

internal static partial class TensorConversion
{
    private const uint RoundingBelowBFloat16 = 0x7FFF;
    private const uint AbsoluteMask = 0x7FFF_FFFF;
    private const uint InfinityBits = 0x7F80_0000;
    private const uint QuietBit = 0x0040_0000;

    /// <summary>Widens bf16 to fp32: exact.</summary>
    /// <param name="source">The bit patterns.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void BFloat16ToFloat32(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckCounts(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            Vector.AsVectorSingle(low << 16).CopyTo(destination[i..]);
            Vector.AsVectorSingle(high << 16).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = BFloat16ToFloat32(source[i]);
        }
    }

    /// <summary>Widens one bf16 value.</summary>
    public static float BFloat16ToFloat32(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds fp32 to bf16, to nearest even; values beyond the range become infinite, NaN stays NaN (made quiet).</summary>
    /// <param name="source">The values.</param>
    /// <param name="destination">Receives as many bit patterns.</param>
    public static void Float32ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckCounts(source.Length, destination.Length);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = RoundToBFloat16(Vector.AsVectorUInt32(new Vector<float>(source[i..])));
            Vector<uint> high = RoundToBFloat16(Vector.AsVectorUInt32(new Vector<float>(source[(i + Vector<uint>.Count)..])));
            Vector.Narrow(low, high).CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = Float32ToBFloat16(source[i]);
        }
    }

    /// <summary>Rounds one fp32 value to bf16, to nearest even.</summary>
    public static ushort Float32ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = float.IsNaN(value) ? bits | QuietBit : bits + RoundingBelowBFloat16 + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }

    /// <summary>Rounds fp32 values to the nearest bf16 value and keeps them as fp32.</summary>
    /// <param name="values">Rounded in place.</param>
    public static void RoundToBFloat16(Span<float> values)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.AsVectorSingle(RoundToBFloat16(Vector.AsVectorUInt32(new Vector<float>(values[i..]))) << 16).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] = BFloat16ToFloat32(Float32ToBFloat16(values[i]));
        }
    }

    private static Vector<uint> RoundToBFloat16(Vector<uint> bits)
    {
        Vector<uint> rounded = bits + new Vector<uint>(RoundingBelowBFloat16) + ((bits >>> 16) & Vector<uint>.One);
        Vector<uint> isNaN = Vector.GreaterThan(bits & new Vector<uint>(AbsoluteMask), new Vector<uint>(InfinityBits));
        return Vector.ConditionalSelect(isNaN, bits | new Vector<uint>(QuietBit), rounded) >>> 16;
    }
}
