using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// One to eight fp32 rows times a panel of 8-bit pairs: the codes are widened in registers (see <see cref="PanelWidening"/>) and multiplied there, since so
/// few rows wait for the memory and have no time to write widened weights and read them again. The sums are those of <see cref="MicroKernel"/>, bit for
/// bit: the same multiply-adds in the same order.
/// </summary>
internal static unsafe class CodeRowsKernel
{
    /// <summary>The most rows.</summary>
    public const int MaximumRows = 8;

    private const int PairBytes = 2 * Panel.Columns;

    /// <summary>Whether the processor and the format allow it.</summary>
    /// <param name="table">From <see cref="Weights.WideningTables"/>.</param>
    public static bool IsUsable(ushort* table) => Avx512Vbmi.IsSupported && PanelWidening.IsSignUpperBit(table);

    /// <summary>Computes one tile.</summary>
    /// <param name="rows">1 … <see cref="MaximumRows"/>.</param>
    /// <param name="left">[depth][rows] values.</param>
    /// <param name="codes">[depth/2][32][2] codes.</param>
    /// <param name="tile">[rows][32] sums.</param>
    /// <param name="depth">Values per row, even.</param>
    /// <param name="accumulate">0: the tile is overwritten; else added to.</param>
    /// <param name="table">From <see cref="Weights.WideningTables"/>.</param>
    public static void Run(int rows, float* left, byte* codes, float* tile, int depth, int accumulate, ushort* table)
    {
        delegate*<float*, byte*, float*, int, int, ushort*, void> kernel = rows switch
        {
            1 => &Run<RowCounts.Rows1>,
            2 => &Run<RowCounts.Rows2>,
            3 => &Run<RowCounts.Rows3>,
            4 => &Run<RowCounts.Rows4>,
            5 => &Run<RowCounts.Rows5>,
            6 => &Run<RowCounts.Rows6>,
            7 => &Run<RowCounts.Rows7>,
            _ => &Run<RowCounts.Rows8>,
        };
        kernel(left, codes, tile, depth, accumulate, table);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows>(float* left, byte* codes, float* tile, int depth, int accumulate, ushort* table)
        where TRows : struct, IRowCount
    {
        byte* bytes = (byte*)(table + PanelWidening.Codes);
        Vector512<byte> lower0 = Vector512.Load(bytes), lower1 = Vector512.Load(bytes + 64);
        Vector512<byte> upper0 = Vector512.Load(bytes + 128), upper1 = Vector512.Load(bytes + 192);
        Vector512<byte> firstHalf = Vector512.Load(bytes + 256), secondHalf = Vector512.Load(bytes + 320);
        Vector512<byte> sign = Vector512.Create((byte)PanelWidening.SignBit);
        Vector512<uint> upperHalves = Vector512.Create(0xFFFF_0000u);
        Vector512<float> c00 = Vector512<float>.Zero, c01 = Vector512<float>.Zero;
        Vector512<float> c10 = Vector512<float>.Zero, c11 = Vector512<float>.Zero;
        Vector512<float> c20 = Vector512<float>.Zero, c21 = Vector512<float>.Zero;
        Vector512<float> c30 = Vector512<float>.Zero, c31 = Vector512<float>.Zero;
        Vector512<float> c40 = Vector512<float>.Zero, c41 = Vector512<float>.Zero;
        Vector512<float> c50 = Vector512<float>.Zero, c51 = Vector512<float>.Zero;
        Vector512<float> c60 = Vector512<float>.Zero, c61 = Vector512<float>.Zero;
        Vector512<float> c70 = Vector512<float>.Zero, c71 = Vector512<float>.Zero;
        byte* end = codes + ((long)depth / 2 * PairBytes);
        while (codes < end)
        {
            // The table of magnitudes ignores the sign bit; lower and upper bytes are then laid side by side, two steps of 16 columns in a register.
            Vector512<byte> code = Vector512.Load(codes);
            Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(lower0, code, lower1);
            Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(upper0, code, upper1) | (code & sign);
            Vector512<uint> pairs0 = Avx512Vbmi.PermuteVar64x8x2(lower, firstHalf, upper).AsUInt32();
            Vector512<uint> pairs1 = Avx512Vbmi.PermuteVar64x8x2(lower, secondHalf, upper).AsUInt32();
            Vector512<float> b0 = Vector512.ShiftLeft(pairs0, 16).AsSingle();
            Vector512<float> b1 = Vector512.ShiftLeft(pairs1, 16).AsSingle();
            MultiplyAdd(left[0], b0, b1, ref c00, ref c01);
            if (TRows.Value > 1)
            {
                MultiplyAdd(left[1], b0, b1, ref c10, ref c11);
            }

            if (TRows.Value > 2)
            {
                MultiplyAdd(left[2], b0, b1, ref c20, ref c21);
            }

            if (TRows.Value > 3)
            {
                MultiplyAdd(left[3], b0, b1, ref c30, ref c31);
            }

            if (TRows.Value > 4)
            {
                MultiplyAdd(left[4], b0, b1, ref c40, ref c41);
            }

            if (TRows.Value > 5)
            {
                MultiplyAdd(left[5], b0, b1, ref c50, ref c51);
            }

            if (TRows.Value > 6)
            {
                MultiplyAdd(left[6], b0, b1, ref c60, ref c61);
            }

            if (TRows.Value > 7)
            {
                MultiplyAdd(left[7], b0, b1, ref c70, ref c71);
            }

            b0 = (pairs0 & upperHalves).AsSingle();
            b1 = (pairs1 & upperHalves).AsSingle();
            MultiplyAdd(left[TRows.Value], b0, b1, ref c00, ref c01);
            if (TRows.Value > 1)
            {
                MultiplyAdd(left[TRows.Value + 1], b0, b1, ref c10, ref c11);
            }

            if (TRows.Value > 2)
            {
                MultiplyAdd(left[TRows.Value + 2], b0, b1, ref c20, ref c21);
            }

            if (TRows.Value > 3)
            {
                MultiplyAdd(left[TRows.Value + 3], b0, b1, ref c30, ref c31);
            }

            if (TRows.Value > 4)
            {
                MultiplyAdd(left[TRows.Value + 4], b0, b1, ref c40, ref c41);
            }

            if (TRows.Value > 5)
            {
                MultiplyAdd(left[TRows.Value + 5], b0, b1, ref c50, ref c51);
            }

            if (TRows.Value > 6)
            {
                MultiplyAdd(left[TRows.Value + 6], b0, b1, ref c60, ref c61);
            }

            if (TRows.Value > 7)
            {
                MultiplyAdd(left[TRows.Value + 7], b0, b1, ref c70, ref c71);
            }

            left += 2 * TRows.Value;
            codes += PairBytes;
        }

        Store(tile, c00, c01, accumulate);
        if (TRows.Value > 1)
        {
            Store(tile + (1 * Panel.Columns), c10, c11, accumulate);
        }

        if (TRows.Value > 2)
        {
            Store(tile + (2 * Panel.Columns), c20, c21, accumulate);
        }

        if (TRows.Value > 3)
        {
            Store(tile + (3 * Panel.Columns), c30, c31, accumulate);
        }

        if (TRows.Value > 4)
        {
            Store(tile + (4 * Panel.Columns), c40, c41, accumulate);
        }

        if (TRows.Value > 5)
        {
            Store(tile + (5 * Panel.Columns), c50, c51, accumulate);
        }

        if (TRows.Value > 6)
        {
            Store(tile + (6 * Panel.Columns), c60, c61, accumulate);
        }

        if (TRows.Value > 7)
        {
            Store(tile + (7 * Panel.Columns), c70, c71, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float left, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> first, ref Vector512<float> second)
    {
        Vector512<float> x = Vector512.Create(left);
        first = Vector512.MultiplyAddEstimate(x, b0, first);
        second = Vector512.MultiplyAddEstimate(x, b1, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* row, Vector512<float> first, Vector512<float> second, int accumulate)
    {
        if (accumulate != 0)
        {
            first = Vector512.Load(row) + first;
            second = Vector512.Load(row + Vector512<float>.Count) + second;
        }

        first.Store(row);
        second.Store(row + Vector512<float>.Count);
    }
}
