using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>Turns rows into columns.</summary>
internal static unsafe class Transposition
{
    // Values of one row handled at a time, so that what is written stays in the first-level cache until it is complete.
    private const int Strip = 32;

    // Values of a register of AVX-512, and of a cache line.
    private const int Wide = 16;

    // Values of a register of AVX.
    private const int Half = 8;

    /// <summary>destination[k·stride + r] = rows[r][k].</summary>
    /// <param name="rows">One address per row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="count">Values per row.</param>
    /// <param name="destination">Receives the columns.</param>
    /// <param name="stride">Values from one column to the next, ≥ <paramref name="height"/>.</param>
    public static void Run(float** rows, int height, int count, float* destination, long stride)
    {
        // A block of fewer than four rows takes as long as a whole one.
        if (Avx512F.IsSupported && height > 3)
        {
            int done = count / Wide * Wide;
            for (int r = 0; done > 0 && r < height; r += Wide)
            {
                RunWide(rows + r, Math.Min(Wide, height - r), done, destination + r, stride);
            }

            RunNarrow(rows, height, done, count, destination, stride);
            return;
        }

        int first = 0;
        if (Avx.IsSupported)
        {
            for (; first <= height - Half; first += Half)
            {
                RunHalf(rows + first, count / Half * Half, destination + first, stride);
                RunNarrow(rows + first, Half, count / Half * Half, count, destination + first, stride);
            }
        }

        RunNarrow(rows + first, height - first, 0, count, destination + first, stride);
    }

    /// <summary>Up to 16 rows, 16 values of each at a time: whole cache lines are read and, where there are 16 rows, written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunWide(float** rows, int height, int count, float* destination, long stride)
    {
        // Rows that are not there repeat the last one; their lanes are not written.
        float** all = stackalloc float*[Wide];
        for (int r = 0; r < Wide; r++)
        {
            all[r] = rows[Math.Min(r, height - 1)];
        }

        Vector512<float> mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(height)).AsSingle();
        for (int k = 0; k < count; k += Wide)
        {
            float* to = destination + (k * stride);
            Quads(all, k, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
            Quads(all + 4, k, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
            Quads(all + 8, k, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
            Quads(all + 12, k, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
            Columns(a0, b0, c0, d0, mask, to, stride);
            Columns(a1, b1, c1, d1, mask, to + stride, stride);
            Columns(a2, b2, c2, d2, mask, to + (2 * stride), stride);
            Columns(a3, b3, c3, d3, mask, to + (3 * stride), stride);
        }
    }

    /// <summary>
    /// The step of <see cref="Block"/> in each of the four quarters of a register: quarter j of <paramref name="first"/> has value 4j of the four rows,
    /// of <paramref name="second"/> value 4j + 1, and so on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quads(
        float** rows, int k, out Vector512<float> first, out Vector512<float> second, out Vector512<float> third, out Vector512<float> fourth)
    {
        Vector512<float> a = Vector512.Load(rows[0] + k);
        Vector512<float> b = Vector512.Load(rows[1] + k);
        Vector512<float> c = Vector512.Load(rows[2] + k);
        Vector512<float> d = Vector512.Load(rows[3] + k);
        Vector512<double> ab = Avx512F.UnpackLow(a, b).AsDouble();
        Vector512<double> cd = Avx512F.UnpackLow(c, d).AsDouble();
        first = Avx512F.UnpackLow(ab, cd).AsSingle();
        second = Avx512F.UnpackHigh(ab, cd).AsSingle();
        ab = Avx512F.UnpackHigh(a, b).AsDouble();
        cd = Avx512F.UnpackHigh(c, d).AsDouble();
        third = Avx512F.UnpackLow(ab, cd).AsSingle();
        fourth = Avx512F.UnpackHigh(ab, cd).AsSingle();
    }

    /// <summary>
    /// Of four groups of four rows the values i, i + 4, i + 8, i + 12, one in each quarter: quarters 0 of all groups together are the column of value
    /// i, quarters 1 that of i + 4. The first shuffle takes two quarters of two groups each, the second every other quarter of these.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, Vector512<float> mask, float* destination, long stride)
    {
        const byte Lower = 0b_01_00_01_00, Upper = 0b_11_10_11_10, Even = 0b_10_00_10_00, Odd = 0b_11_01_11_01;
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, Lower);
        Vector512<float> cd = Avx512F.Shuffle4x128(c, d, Lower);
        Avx512F.MaskStore(destination, mask, Avx512F.Shuffle4x128(ab, cd, Even));
        Avx512F.MaskStore(destination + (4 * stride), mask, Avx512F.Shuffle4x128(ab, cd, Odd));
        ab = Avx512F.Shuffle4x128(a, b, Upper);
        cd = Avx512F.Shuffle4x128(c, d, Upper);
        Avx512F.MaskStore(destination + (8 * stride), mask, Avx512F.Shuffle4x128(ab, cd, Even));
        Avx512F.MaskStore(destination + (12 * stride), mask, Avx512F.Shuffle4x128(ab, cd, Odd));
    }

    /// <summary>Eight rows, eight values of each at a time: the steps of <see cref="Block"/> in both halves of a register, whose halves are then joined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunHalf(float** rows, int count, float* destination, long stride)
    {
        const byte Lower = 0x20, Upper = 0x31;
        for (int k = 0; k < count; k += Half)
        {
            float* to = destination + (k * stride);
            HalfQuads(rows, k, out Vector256<float> a0, out Vector256<float> a1, out Vector256<float> a2, out Vector256<float> a3);
            HalfQuads(rows + 4, k, out Vector256<float> b0, out Vector256<float> b1, out Vector256<float> b2, out Vector256<float> b3);
            Avx.Permute2x128(a0, b0, Lower).Store(to);
            Avx.Permute2x128(a1, b1, Lower).Store(to + stride);
            Avx.Permute2x128(a2, b2, Lower).Store(to + (2 * stride));
            Avx.Permute2x128(a3, b3, Lower).Store(to + (3 * stride));
            Avx.Permute2x128(a0, b0, Upper).Store(to + (4 * stride));
            Avx.Permute2x128(a1, b1, Upper).Store(to + (5 * stride));
            Avx.Permute2x128(a2, b2, Upper).Store(to + (6 * stride));
            Avx.Permute2x128(a3, b3, Upper).Store(to + (7 * stride));
        }
    }

    /// <summary>As <see cref="Quads"/>, with two quarters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfQuads(
        float** rows, int k, out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth)
    {
        Vector256<float> a = Vector256.Load(rows[0] + k);
        Vector256<float> b = Vector256.Load(rows[1] + k);
        Vector256<float> c = Vector256.Load(rows[2] + k);
        Vector256<float> d = Vector256.Load(rows[3] + k);
        Vector256<double> ab = Avx.UnpackLow(a, b).AsDouble();
        Vector256<double> cd = Avx.UnpackLow(c, d).AsDouble();
        first = Avx.UnpackLow(ab, cd).AsSingle();
        second = Avx.UnpackHigh(ab, cd).AsSingle();
        ab = Avx.UnpackHigh(a, b).AsDouble();
        cd = Avx.UnpackHigh(c, d).AsDouble();
        third = Avx.UnpackLow(ab, cd).AsSingle();
        fourth = Avx.UnpackHigh(ab, cd).AsSingle();
    }

    /// <summary>All rows from one value on, four values of four rows at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunNarrow(float** rows, int height, int from, int count, float* destination, long stride)
    {
        for (int start = from; start < count; start += Strip)
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
