using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>
/// Sums over one row. Four registers take turns, so that an addition need not wait for the one before it; the order is fixed by the
/// length alone. Values that do not fill a register are added one by one.
/// </summary>
internal static unsafe class RowReduction
{
    /// <summary>Σ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum<TLanes, TVector>(float* values, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector a = TLanes.Zero, b = TLanes.Zero, c = TLanes.Zero, d = TLanes.Zero;
        int i = 0;
        for (; i <= width - (4 * TLanes.Count); i += 4 * TLanes.Count)
        {
            a = TLanes.Add(a, TLanes.Load(values + i));
            b = TLanes.Add(b, TLanes.Load(values + i + TLanes.Count));
            c = TLanes.Add(c, TLanes.Load(values + i + (2 * TLanes.Count)));
            d = TLanes.Add(d, TLanes.Load(values + i + (3 * TLanes.Count)));
        }

        for (; i <= width - TLanes.Count; i += TLanes.Count)
        {
            a = TLanes.Add(a, TLanes.Load(values + i));
        }

        float sum = TLanes.Sum(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)));
        for (; i < width; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>Σ x².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOfSquares<TLanes, TVector>(float* values, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => SumOfSquaredDifferences<TLanes, TVector>(values, width, 0f);

    /// <summary>Σ (x − mean)².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOfSquaredDifferences<TLanes, TVector>(float* values, int width, float mean)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector means = TLanes.Broadcast(mean);
        TVector a = TLanes.Zero, b = TLanes.Zero, c = TLanes.Zero, d = TLanes.Zero;
        int i = 0;
        for (; i <= width - (4 * TLanes.Count); i += 4 * TLanes.Count)
        {
            TVector x = TLanes.Subtract(TLanes.Load(values + i), means);
            TVector y = TLanes.Subtract(TLanes.Load(values + i + TLanes.Count), means);
            TVector z = TLanes.Subtract(TLanes.Load(values + i + (2 * TLanes.Count)), means);
            TVector w = TLanes.Subtract(TLanes.Load(values + i + (3 * TLanes.Count)), means);
            a = TLanes.MultiplyAdd(x, x, a);
            b = TLanes.MultiplyAdd(y, y, b);
            c = TLanes.MultiplyAdd(z, z, c);
            d = TLanes.MultiplyAdd(w, w, d);
        }

        for (; i <= width - TLanes.Count; i += TLanes.Count)
        {
            TVector x = TLanes.Subtract(TLanes.Load(values + i), means);
            a = TLanes.MultiplyAdd(x, x, a);
        }

        float sum = TLanes.Sum(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)));
        for (; i < width; i++)
        {
            float difference = values[i] - mean;
            sum += difference * difference;
        }

        return sum;
    }
}
