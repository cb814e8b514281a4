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
        for (int column = 0; column < width; column += TLanes.Count)
        {
            int left = width - column;
            TVector y = TLanes.Subtract(VectorMath.LoadUpTo<TLanes, TVector>(input + column, left), means);
            y = TLanes.Multiply(y, factors);
            if (scale is not null)
            {
                y = TLanes.MultiplyAdd(y, VectorMath.LoadUpTo<TLanes, TVector>(scale + column, left), y);
            }

            if (shift is not null)
            {
                y = TLanes.Add(y, VectorMath.LoadUpTo<TLanes, TVector>(shift + column, left));
            }

            VectorMath.StoreUpTo<TLanes, TVector>(output + column, y, left);
        }
    }
}
