using System.Numerics;
using System.Runtime.CompilerServices;

namespace LtxEngine.Tensors;

internal static partial class TensorConversion
{
    /// <summary>The largest e4m3fn value.</summary>
    public const float Float8E4M3Maximum = 448;

    // An 8-bit float placed at fp32's exponent and mantissa has a value too small by 2^(127 - its own bias): exact to undo, subnormals included.
    private const float Float8E4M3Scale = 1.3292279957849159e36f;
    private const float Float8E5M2Scale = 5.192296858534828e33f;

    /// <summary>Widens e4m3fn to fp32: exact; 0x7F and 0xFF give NaN.</summary>
    /// <param name="source">The bit patterns.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void Float8E4M3ToFloat32(ReadOnlySpan<byte> source, Span<float> destination) =>
        Widen<E4M3>(source, destination);

    /// <summary>Widens e5m2 to fp32: exact, with infinities and NaN.</summary>
    /// <param name="source">The bit patterns.</param>
    /// <param name="destination">Receives as many values.</param>
    public static void Float8E5M2ToFloat32(ReadOnlySpan<byte> source, Span<float> destination) =>
        Widen<E5M2>(source, destination);

    /// <summary>Rounds fp32 to e4m3fn, to nearest even, saturating at ±448 (infinities too); NaN gives 0x7F with the sign.</summary>
    /// <param name="source">The values.</param>
    /// <param name="destination">Receives as many bit patterns.</param>
    public static void Float32ToFloat8E4M3(ReadOnlySpan<float> source, Span<byte> destination) =>
        Narrow<E4M3>(source, destination);

    /// <summary>Rounds fp32 to e5m2, to nearest even; values that round beyond 57344 become infinite; NaN gives 0x7F with the sign.</summary>
    /// <param name="source">The values.</param>
    /// <param name="destination">Receives as many bit patterns.</param>
    public static void Float32ToFloat8E5M2(ReadOnlySpan<float> source, Span<byte> destination) =>
        Narrow<E5M2>(source, destination);

    private static void Widen<TFormat>(ReadOnlySpan<byte> source, Span<float> destination)
        where TFormat : IFloat8Format
    {
        CheckCounts(source.Length, destination.Length);
        int i = 0;
        int lanes = Vector<uint>.Count;
        for (; i <= source.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(source[i..]), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
            Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
            TFormat.Widen(first).CopyTo(destination[i..]);
            TFormat.Widen(second).CopyTo(destination[(i + lanes)..]);
            TFormat.Widen(third).CopyTo(destination[(i + (2 * lanes))..]);
            TFormat.Widen(fourth).CopyTo(destination[(i + (3 * lanes))..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = TFormat.Widen(new Vector<uint>(source[i]))[0];
        }
    }

    private static void Narrow<TFormat>(ReadOnlySpan<float> source, Span<byte> destination)
        where TFormat : IFloat8Format
    {
        CheckCounts(source.Length, destination.Length);
        int i = 0;
        int lanes = Vector<float>.Count;
        for (; i <= source.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector<ushort> low = Vector.Narrow(TFormat.Narrow(new Vector<float>(source[i..])), TFormat.Narrow(new Vector<float>(source[(i + lanes)..])));
            Vector<ushort> high = Vector.Narrow(
                TFormat.Narrow(new Vector<float>(source[(i + (2 * lanes))..])), TFormat.Narrow(new Vector<float>(source[(i + (3 * lanes))..])));
            Vector.Narrow(low, high).CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (byte)TFormat.Narrow(new Vector<float>(source[i]))[0];
        }
    }

    /// <summary>
    /// Rounds magnitudes to an 8-bit float: in the normal range by adding half of the last kept bit to the fp32 bit pattern, below it by letting
    /// fp32 addition of a large power of two round to the subnormal spacing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> RoundMagnitude(Vector<uint> magnitude, int mantissaBits, int bias)
    {
        int droppedBits = 23 - mantissaBits;
        Vector<uint> lastKept = (magnitude >>> droppedBits) & Vector<uint>.One;
        Vector<uint> normal = ((magnitude + new Vector<uint>((1u << (droppedBits - 1)) - 1) + lastKept) >>> droppedBits)
            - new Vector<uint>((uint)(127 - bias) << mantissaBits);
        float smallestNormal = BitConverter.UInt32BitsToSingle((uint)(128 - bias) << 23);
        float alignment = smallestNormal * (1 << droppedBits);
        Vector<float> aligned = Vector.AsVectorSingle(magnitude) + new Vector<float>(alignment);
        Vector<uint> subnormal = Vector.AsVectorUInt32(aligned) - new Vector<uint>(BitConverter.SingleToUInt32Bits(alignment));
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(BitConverter.SingleToUInt32Bits(smallestNormal))), subnormal, normal);
    }

    private interface IFloat8Format
    {
        static abstract Vector<float> Widen(Vector<uint> bytes);

        static abstract Vector<uint> Narrow(Vector<float> values);
    }

    private readonly struct E4M3 : IFloat8Format
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Widen(Vector<uint> bytes)
        {
            Vector<uint> magnitude = bytes & new Vector<uint>(0x7F);
            Vector<uint> sign = (bytes & new Vector<uint>(0x80)) << 24;
            Vector<float> scaled = Vector.AsVectorSingle(magnitude << 20) * Float8E4M3Scale;
            Vector<uint> isNaN = Vector.Equals(magnitude, new Vector<uint>(0x7F)) & new Vector<uint>(InfinityBits | QuietBit);
            return Vector.AsVectorSingle(Vector.AsVectorUInt32(scaled) | sign | isNaN);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<uint> Narrow(Vector<float> values)
        {
            Vector<uint> bits = Vector.AsVectorUInt32(values);
            Vector<uint> magnitude = bits & new Vector<uint>(AbsoluteMask);
            Vector<uint> isNaN = Vector.GreaterThan(magnitude, new Vector<uint>(InfinityBits)) & new Vector<uint>(0x7F);
            magnitude = Vector.Min(magnitude, new Vector<uint>(BitConverter.SingleToUInt32Bits(Float8E4M3Maximum)));
            return RoundMagnitude(magnitude, mantissaBits: 3, bias: 7) | ((bits >>> 24) & new Vector<uint>(0x80)) | isNaN;
        }
    }

    private readonly struct E5M2 : IFloat8Format
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Widen(Vector<uint> bytes)
        {
            Vector<uint> magnitude = bytes & new Vector<uint>(0x7F);
            Vector<uint> sign = (bytes & new Vector<uint>(0x80)) << 24;
            Vector<float> scaled = Vector.AsVectorSingle(magnitude << 21) * Float8E5M2Scale;
            Vector<uint> isSpecial = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C)) & new Vector<uint>(InfinityBits);
            return Vector.AsVectorSingle(Vector.AsVectorUInt32(scaled) | sign | isSpecial);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<uint> Narrow(Vector<float> values)
        {
            Vector<uint> bits = Vector.AsVectorUInt32(values);
            Vector<uint> magnitude = bits & new Vector<uint>(AbsoluteMask);
            Vector<uint> isNaN = Vector.GreaterThan(magnitude, new Vector<uint>(InfinityBits)) & new Vector<uint>(0x7F);
            magnitude = Vector.Min(magnitude, new Vector<uint>(BitConverter.SingleToUInt32Bits(65536)));
            return Vector.Min(RoundMagnitude(magnitude, mantissaBits: 2, bias: 15), new Vector<uint>(0x7C)) | ((bits >>> 24) & new Vector<uint>(0x80)) | isNaN;
        }
    }
}
