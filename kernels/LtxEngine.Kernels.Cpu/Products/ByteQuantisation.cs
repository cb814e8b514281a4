using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>Rounds fp32 values to bytes: q = clamp(round(x·inverse) + zero, lowest, highest).</summary>
internal static unsafe class ByteQuantisation
{
    /// <summary>
    /// Finds what a row spans, 0 included: range[0] = min(0, x…), range[1] = max(0, x…), and range[2] = 0, or NaN when a value is not finite.
    /// </summary>
    /// <param name="values">The row.</param>
    /// <param name="count">Its length.</param>
    /// <param name="range">Receives three values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Measure<TLanes, TVector>(float* values, int count, float* range)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector lowest = TLanes.Zero, highest = TLanes.Zero, lowest2 = TLanes.Zero, highest2 = TLanes.Zero, check = TLanes.Zero;
        int i = 0;
        for (; i <= count - (2 * TLanes.Count); i += 2 * TLanes.Count)
        {
            TVector x = TLanes.Load(values + i);
            TVector y = TLanes.Load(values + i + TLanes.Count);
            lowest = TLanes.Min(lowest, x);
            highest = TLanes.Max(highest, x);
            lowest2 = TLanes.Min(lowest2, y);
            highest2 = TLanes.Max(highest2, y);

            // 0·x is 0, or NaN for ±∞ and NaN, and so are sums of it.
            check = TLanes.MultiplyAdd(x, TLanes.Zero, TLanes.MultiplyAdd(y, TLanes.Zero, check));
        }

        lowest = TLanes.Min(lowest, lowest2);
        highest = TLanes.Max(highest, highest2);
        float least = Math.Min(0, TLanes.Least(lowest)), most = Math.Max(0, TLanes.Greatest(highest)), sum = TLanes.Sum(check);

        for (; i < count; i++)
        {
            least = Math.Min(least, values[i]);
            most = Math.Max(most, values[i]);
            sum += 0 * values[i];
        }

        range[0] = least;
        range[1] = most;
        range[2] = sum;
    }

    /// <summary>Rounds a row.</summary>
    /// <param name="values">The row.</param>
    /// <param name="count">Its length.</param>
    /// <param name="inverse">1 / step.</param>
    /// <param name="zero">What 0 becomes.</param>
    /// <param name="lowest">The least byte, ≥ −128.</param>
    /// <param name="highest">The greatest byte, ≤ 255.</param>
    /// <param name="bytes">Receives <paramref name="count"/> bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantise<TLanes, TVector>(float* values, int count, float inverse, float zero, float lowest, float highest, byte* bytes)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TVector y = TLanes.Add(TLanes.Round(TLanes.Multiply(TLanes.Load(values + i), TLanes.Broadcast(inverse))), TLanes.Broadcast(zero));
            TLanes.StoreBytes(bytes + i, TLanes.Min(TLanes.Max(y, TLanes.Broadcast(lowest)), TLanes.Broadcast(highest)));
        }

        for (; i < count; i++)
        {
            float y = MathF.Round(values[i] * inverse) + zero;
            bytes[i] = float.IsNaN(y) ? (byte)0 : unchecked((byte)(int)Math.Clamp(y, lowest, highest));
        }
    }
}
