using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>The second half of a modulated norm.</summary>
internal static unsafe class Modulation
{
    /// <summary>y = (x − mean)·factor·(1 + scale) + shift over one row.</summary>
    /// <param name="input">The row.</param>
    /// <param name="output">The result; may be the input.</param>
    /// <param name="width">Its length.</param>
    /// <param name="mean">Subtracted first.</param>
    /// <param name="factor">1/√(…).</param>
    /// <param name="scale">A row, or null for 0.</param>
    /// <param name="shift">A row, or null for 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<TLanes, TVector>(float* input, float* output, int width, float mean, float factor, float* scale, float* shift)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector means = TLanes.Broadcast(mean);
        TVector factors = TLanes.Broadcast(factor);
        int column = 0;
        for (; column <= width - TLanes.Count; column += TLanes.Count)
        {
            TLanes.Store(output + column, Compute<TLanes, TVector>(input + column, means, factors, scale, shift, column));
        }

        if (column < width)
        {
            PartialVector.Store(output + column, Compute<TLanes, TVector>(input + column, means, factors, scale, shift, column), width - column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Compute<TLanes, TVector>(float* input, TVector means, TVector factors, float* scale, float* shift, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector y = TLanes.Multiply(TLanes.Subtract(TLanes.Load(input), means), factors);
        if (scale is not null)
        {
            y = TLanes.MultiplyAdd(y, TLanes.Load(scale + column), y);
        }

        return shift is null ? y : TLanes.Add(y, TLanes.Load(shift + column));
    }
}
