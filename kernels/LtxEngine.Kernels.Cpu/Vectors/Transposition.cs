using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>Turns rows into columns.</summary>
internal static unsafe class Transposition
{
    // Values of one row handled at a time, so that what is written stays in the first-level cache until it is complete.
    private const int Strip = 32;

    /// <summary>destination[k·stride + r] = rows[r][k].</summary>
    /// <param name="rows">One address per row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="count">Values per row.</param>
    /// <param name="destination">Receives the columns.</param>
    /// <param name="stride">Values from one column to the next, ≥ <paramref name="height"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float** rows, int height, int count, float* destination, long stride)
    {
        for (int start = 0; start < count; start += Strip)
        {
            int end = Math.Min(start + Strip, count);
            int r = 0;
            if (Sse.IsSupported)
            {
                for (; r <= height - 4; r += 4)
                {
                    int k = start;
                    for (; k <= end - 4; k += 4)
                    {
                        Block(rows + r, k, destination + (k * stride) + r, stride);
                    }

                    for (; k < end; k++)
                    {
                        float* column = destination + (k * stride) + r;
                        column[0] = rows[r][k];
                        column[1] = rows[r + 1][k];
                        column[2] = rows[r + 2][k];
                        column[3] = rows[r + 3][k];
                    }
                }
            }

            for (; r < height; r++)
            {
                float* row = rows[r];
                float* value = destination + (start * stride) + r;
                for (int k = start; k < end; k++)
                {
                    *value = row[k];
                    value += stride;
                }
            }
        }
    }

    /// <summary>
    /// Four rows a, b, c, d of four values. Interleaving a with b and c with d gives (a0 b0 a1 b1), (c0 d0 c1 d1) and the same for
    /// values 2 and 3; joining the lower halves and the upper halves of these gives (a0 b0 c0 d0), (a1 b1 c1 d1) and so on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float** rows, int k, float* destination, long stride)
    {
        Vector128<float> a = Vector128.Load(rows[0] + k);
        Vector128<float> b = Vector128.Load(rows[1] + k);
        Vector128<float> c = Vector128.Load(rows[2] + k);
        Vector128<float> d = Vector128.Load(rows[3] + k);
        Vector128<float> ab = Sse.UnpackLow(a, b);
        Vector128<float> cd = Sse.UnpackLow(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(destination);
        Sse.MoveHighToLow(cd, ab).Store(destination + stride);
        ab = Sse.UnpackHigh(a, b);
        cd = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(destination + (2 * stride));
        Sse.MoveHighToLow(cd, ab).Store(destination + (3 * stride));
    }
}
