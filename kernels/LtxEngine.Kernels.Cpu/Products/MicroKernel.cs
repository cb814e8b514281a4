using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// The innermost loop of every matrix product: a tile of up to 14 rows × 32 columns, tile (+)= left · right.
/// <para>
/// The tile stays in registers: cR0 and cR1 hold row R, columns [0, lanes) and [lanes, 2·lanes) of the strip. In one step of the
/// depth, b0 and b1 are the right-hand row and x is one left-hand value in all lanes; every register takes one multiply-add. With
/// AVX-512 that is 28 accumulators + b0, b1, x of 32 registers, and 28 multiply-adds for 2 loads of right-hand data and 14 broadcasts:
/// the multiply-add units are the limit, which is the point. Rows above <c>TRows.Value</c> do not exist in the compiled code, since
/// the conditions are constants.
/// </para>
/// <para>
/// Each element is the sum over the depth in ascending order, starting from 0, and is then added to the tile. It does not depend on the
/// tile's height or on the neighbours, so a row's result is the same in every partition of the rows.
/// </para>
/// </summary>
internal static unsafe class MicroKernel
{
    // Bytes ahead of the current position at which right-hand data is asked for, about 300 cycles before use.
    private const int PrefetchDistance = 2048;

    /// <summary>How many bytes of the next left-hand panel are asked for per pair of steps: in 512 steps 4 KB, more than an eighth of a panel.</summary>
    public const int NextLeftBytesPerPair = 16;

    /// <summary>Computes one tile.</summary>
    /// <param name="left">[depth][TRows] words of 32 bits: fp32 values, or four bytes each.</param>
    /// <param name="right">[depth/2] pairs of steps in the layout of <typeparamref name="TElements"/>.</param>
    /// <param name="tile">[TRows][32] sums: fp32, or 32-bit integers of bytes.</param>
    /// <param name="depth">Words per row, even, ≥ 2.</param>
    /// <param name="accumulate">0: the tile is overwritten; above: added to; below: where the sums start, so that they go on as if they had never left the registers.</param>
    /// <param name="nextLeft">Left-hand data that is needed soon, to be brought into the cache beside the work: its first bytes, <see cref="NextLeftBytesPerPair"/> each pair of steps.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows, TElements>(float* left, byte* right, float* tile, int depth, int accumulate, byte* nextLeft)
        where TLanes : struct, IProductLanes<TVector>
        where TVector : unmanaged
        where TRows : struct, IRowCount
        where TElements : struct, IPanelElements<TVector>
    {
        for (int column = 0; column < Panel.Columns; column += 2 * TLanes.Count)
        {
            TVector c00 = TLanes.Zero, c01 = TLanes.Zero;
            TVector c10 = TLanes.Zero, c11 = TLanes.Zero;
            TVector c20 = TLanes.Zero, c21 = TLanes.Zero;
            TVector c30 = TLanes.Zero, c31 = TLanes.Zero;
            TVector c40 = TLanes.Zero, c41 = TLanes.Zero;
            TVector c50 = TLanes.Zero, c51 = TLanes.Zero;
            TVector c60 = TLanes.Zero, c61 = TLanes.Zero;
            TVector c70 = TLanes.Zero, c71 = TLanes.Zero;
            TVector c80 = TLanes.Zero, c81 = TLanes.Zero;
            TVector c90 = TLanes.Zero, c91 = TLanes.Zero;
            TVector c100 = TLanes.Zero, c101 = TLanes.Zero;
            TVector c110 = TLanes.Zero, c111 = TLanes.Zero;
            TVector c120 = TLanes.Zero, c121 = TLanes.Zero;
            TVector c130 = TLanes.Zero, c131 = TLanes.Zero;
            if (accumulate < 0)
            {
                float* before = tile + column;
                c00 = TLanes.Load(before);
                c01 = TLanes.Load(before + TLanes.Count);
                if (TRows.Value > 1)
                {
                    c10 = TLanes.Load(before + (1 * Panel.Columns));
                    c11 = TLanes.Load(before + (1 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 2)
                {
                    c20 = TLanes.Load(before + (2 * Panel.Columns));
                    c21 = TLanes.Load(before + (2 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 3)
                {
                    c30 = TLanes.Load(before + (3 * Panel.Columns));
                    c31 = TLanes.Load(before + (3 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 4)
                {
                    c40 = TLanes.Load(before + (4 * Panel.Columns));
                    c41 = TLanes.Load(before + (4 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 5)
                {
                    c50 = TLanes.Load(before + (5 * Panel.Columns));
                    c51 = TLanes.Load(before + (5 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 6)
                {
                    c60 = TLanes.Load(before + (6 * Panel.Columns));
                    c61 = TLanes.Load(before + (6 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 7)
                {
                    c70 = TLanes.Load(before + (7 * Panel.Columns));
                    c71 = TLanes.Load(before + (7 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 8)
                {
                    c80 = TLanes.Load(before + (8 * Panel.Columns));
                    c81 = TLanes.Load(before + (8 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 9)
                {
                    c90 = TLanes.Load(before + (9 * Panel.Columns));
                    c91 = TLanes.Load(before + (9 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 10)
                {
                    c100 = TLanes.Load(before + (10 * Panel.Columns));
                    c101 = TLanes.Load(before + (10 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 11)
                {
                    c110 = TLanes.Load(before + (11 * Panel.Columns));
                    c111 = TLanes.Load(before + (11 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 12)
                {
                    c120 = TLanes.Load(before + (12 * Panel.Columns));
                    c121 = TLanes.Load(before + (12 * Panel.Columns) + TLanes.Count);
                }

                if (TRows.Value > 13)
                {
                    c130 = TLanes.Load(before + (13 * Panel.Columns));
                    c131 = TLanes.Load(before + (13 * Panel.Columns) + TLanes.Count);
                }
            }

            float* a = left;
            byte* pair = right;
            byte* next = nextLeft;
            byte* end = right + ((long)(depth / 2) * TElements.PairBytes);
            while (pair < end)
            {
                TLanes.Prefetch(pair + PrefetchDistance);
                TLanes.Prefetch(pair + PrefetchDistance + 64);
                TLanes.Prefetch(next);
                TVector b0 = TElements.First(pair, column);
                TVector b1 = TElements.First(pair, column + TLanes.Count);
                TVector x = TLanes.Broadcast(a[0]);
                c00 = TLanes.MultiplyAdd(x, b0, c00);
                c01 = TLanes.MultiplyAdd(x, b1, c01);

                if (TRows.Value > 1)
                {
                    x = TLanes.Broadcast(a[1]);
                    c10 = TLanes.MultiplyAdd(x, b0, c10);
                    c11 = TLanes.MultiplyAdd(x, b1, c11);
                }

                if (TRows.Value > 2)
                {
                    x = TLanes.Broadcast(a[2]);
                    c20 = TLanes.MultiplyAdd(x, b0, c20);
                    c21 = TLanes.MultiplyAdd(x, b1, c21);
                }

                if (TRows.Value > 3)
                {
                    x = TLanes.Broadcast(a[3]);
                    c30 = TLanes.MultiplyAdd(x, b0, c30);
                    c31 = TLanes.MultiplyAdd(x, b1, c31);
                }

                if (TRows.Value > 4)
                {
                    x = TLanes.Broadcast(a[4]);
                    c40 = TLanes.MultiplyAdd(x, b0, c40);
                    c41 = TLanes.MultiplyAdd(x, b1, c41);
                }

                if (TRows.Value > 5)
                {
                    x = TLanes.Broadcast(a[5]);
                    c50 = TLanes.MultiplyAdd(x, b0, c50);
                    c51 = TLanes.MultiplyAdd(x, b1, c51);
                }

                if (TRows.Value > 6)
                {
                    x = TLanes.Broadcast(a[6]);
                    c60 = TLanes.MultiplyAdd(x, b0, c60);
                    c61 = TLanes.MultiplyAdd(x, b1, c61);
                }

                if (TRows.Value > 7)
                {
                    x = TLanes.Broadcast(a[7]);
                    c70 = TLanes.MultiplyAdd(x, b0, c70);
                    c71 = TLanes.MultiplyAdd(x, b1, c71);
                }

                if (TRows.Value > 8)
                {
                    x = TLanes.Broadcast(a[8]);
                    c80 = TLanes.MultiplyAdd(x, b0, c80);
                    c81 = TLanes.MultiplyAdd(x, b1, c81);
                }

                if (TRows.Value > 9)
                {
                    x = TLanes.Broadcast(a[9]);
                    c90 = TLanes.MultiplyAdd(x, b0, c90);
                    c91 = TLanes.MultiplyAdd(x, b1, c91);
                }

                if (TRows.Value > 10)
                {
                    x = TLanes.Broadcast(a[10]);
                    c100 = TLanes.MultiplyAdd(x, b0, c100);
                    c101 = TLanes.MultiplyAdd(x, b1, c101);
                }

                if (TRows.Value > 11)
                {
                    x = TLanes.Broadcast(a[11]);
                    c110 = TLanes.MultiplyAdd(x, b0, c110);
                    c111 = TLanes.MultiplyAdd(x, b1, c111);
                }

                if (TRows.Value > 12)
                {
                    x = TLanes.Broadcast(a[12]);
                    c120 = TLanes.MultiplyAdd(x, b0, c120);
                    c121 = TLanes.MultiplyAdd(x, b1, c121);
                }

                if (TRows.Value > 13)
                {
                    x = TLanes.Broadcast(a[13]);
                    c130 = TLanes.MultiplyAdd(x, b0, c130);
                    c131 = TLanes.MultiplyAdd(x, b1, c131);
                }

                b0 = TElements.Second(pair, column);
                b1 = TElements.Second(pair, column + TLanes.Count);
                x = TLanes.Broadcast(a[TRows.Value]);
                c00 = TLanes.MultiplyAdd(x, b0, c00);
                c01 = TLanes.MultiplyAdd(x, b1, c01);

                if (TRows.Value > 1)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 1]);
                    c10 = TLanes.MultiplyAdd(x, b0, c10);
                    c11 = TLanes.MultiplyAdd(x, b1, c11);
                }

                if (TRows.Value > 2)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 2]);
                    c20 = TLanes.MultiplyAdd(x, b0, c20);
                    c21 = TLanes.MultiplyAdd(x, b1, c21);
                }

                if (TRows.Value > 3)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 3]);
                    c30 = TLanes.MultiplyAdd(x, b0, c30);
                    c31 = TLanes.MultiplyAdd(x, b1, c31);
                }

                if (TRows.Value > 4)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 4]);
                    c40 = TLanes.MultiplyAdd(x, b0, c40);
                    c41 = TLanes.MultiplyAdd(x, b1, c41);
                }

                if (TRows.Value > 5)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 5]);
                    c50 = TLanes.MultiplyAdd(x, b0, c50);
                    c51 = TLanes.MultiplyAdd(x, b1, c51);
                }

                if (TRows.Value > 6)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 6]);
                    c60 = TLanes.MultiplyAdd(x, b0, c60);
                    c61 = TLanes.MultiplyAdd(x, b1, c61);
                }

                if (TRows.Value > 7)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 7]);
                    c70 = TLanes.MultiplyAdd(x, b0, c70);
                    c71 = TLanes.MultiplyAdd(x, b1, c71);
                }

                if (TRows.Value > 8)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 8]);
                    c80 = TLanes.MultiplyAdd(x, b0, c80);
                    c81 = TLanes.MultiplyAdd(x, b1, c81);
                }

                if (TRows.Value > 9)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 9]);
                    c90 = TLanes.MultiplyAdd(x, b0, c90);
                    c91 = TLanes.MultiplyAdd(x, b1, c91);
                }

                if (TRows.Value > 10)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 10]);
                    c100 = TLanes.MultiplyAdd(x, b0, c100);
                    c101 = TLanes.MultiplyAdd(x, b1, c101);
                }

                if (TRows.Value > 11)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 11]);
                    c110 = TLanes.MultiplyAdd(x, b0, c110);
                    c111 = TLanes.MultiplyAdd(x, b1, c111);
                }

                if (TRows.Value > 12)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 12]);
                    c120 = TLanes.MultiplyAdd(x, b0, c120);
                    c121 = TLanes.MultiplyAdd(x, b1, c121);
                }

                if (TRows.Value > 13)
                {
                    x = TLanes.Broadcast(a[TRows.Value + 13]);
                    c130 = TLanes.MultiplyAdd(x, b0, c130);
                    c131 = TLanes.MultiplyAdd(x, b1, c131);
                }

                a += 2 * TRows.Value;
                pair += TElements.PairBytes;
                next += NextLeftBytesPerPair;
            }

            float* c = tile + column;
            Store<TLanes, TVector>(c, c00, c01, accumulate);
            if (TRows.Value > 1)
            {
                Store<TLanes, TVector>(c + (1 * Panel.Columns), c10, c11, accumulate);
            }

            if (TRows.Value > 2)
            {
                Store<TLanes, TVector>(c + (2 * Panel.Columns), c20, c21, accumulate);
            }

            if (TRows.Value > 3)
            {
                Store<TLanes, TVector>(c + (3 * Panel.Columns), c30, c31, accumulate);
            }

            if (TRows.Value > 4)
            {
                Store<TLanes, TVector>(c + (4 * Panel.Columns), c40, c41, accumulate);
            }

            if (TRows.Value > 5)
            {
                Store<TLanes, TVector>(c + (5 * Panel.Columns), c50, c51, accumulate);
            }

            if (TRows.Value > 6)
            {
                Store<TLanes, TVector>(c + (6 * Panel.Columns), c60, c61, accumulate);
            }

            if (TRows.Value > 7)
            {
                Store<TLanes, TVector>(c + (7 * Panel.Columns), c70, c71, accumulate);
            }

            if (TRows.Value > 8)
            {
                Store<TLanes, TVector>(c + (8 * Panel.Columns), c80, c81, accumulate);
            }

            if (TRows.Value > 9)
            {
                Store<TLanes, TVector>(c + (9 * Panel.Columns), c90, c91, accumulate);
            }

            if (TRows.Value > 10)
            {
                Store<TLanes, TVector>(c + (10 * Panel.Columns), c100, c101, accumulate);
            }

            if (TRows.Value > 11)
            {
                Store<TLanes, TVector>(c + (11 * Panel.Columns), c110, c111, accumulate);
            }

            if (TRows.Value > 12)
            {
                Store<TLanes, TVector>(c + (12 * Panel.Columns), c120, c121, accumulate);
            }

            if (TRows.Value > 13)
            {
                Store<TLanes, TVector>(c + (13 * Panel.Columns), c130, c131, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLanes, TVector>(float* row, TVector first, TVector second, int accumulate)
        where TLanes : struct, IProductLanes<TVector>
        where TVector : unmanaged
    {
        if (accumulate > 0)
        {
            first = TLanes.Add(TLanes.Load(row), first);
            second = TLanes.Add(TLanes.Load(row + TLanes.Count), second);
        }

        TLanes.Store(row, first);
        TLanes.Store(row + TLanes.Count, second);
    }
}
