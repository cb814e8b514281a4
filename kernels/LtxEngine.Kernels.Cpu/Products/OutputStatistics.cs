using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Operations;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// What the next operation wants to know of the rows that a product writes. Each tile leaves one part per row while its results are in the
/// first-level cache; when all tiles of a block of rows are done, the parts of each row are put together in ascending order of their columns,
/// whichever threads left them.
/// </summary>
internal unsafe struct OutputStatistics
{
    /// <summary>[rows, 1]: receives Σx²; the default value for nobody.</summary>
    public RowsView SumsOfSquares;

    /// <summary>[rows, 3]: receives min(0, x…), max(0, x…) and 0 or NaN; the default value for nobody.</summary>
    public RowsView Ranges;

    /// <summary>Per row of the block and right-hand panel one sum.</summary>
    public float* SumParts;

    /// <summary>Per row of the block and right-hand panel one range.</summary>
    public float* RangeParts;

    /// <summary>Right-hand panels.</summary>
    public int Panels;

    /// <summary>Whether anything is wanted.</summary>
    public readonly bool IsWanted => SumsOfSquares.Start is not null || Ranges.Start is not null;

    /// <summary>Working memory for a block of rows, in bytes.</summary>
    /// <param name="rows">Rows of the block.</param>
    public readonly long PartBytes(int rows) =>
        ((SumsOfSquares.Start is null ? 0 : 1L) + (Ranges.Start is null ? 0 : 3)) * rows * Panels * sizeof(float);

    /// <summary>Sets the working memory.</summary>
    /// <param name="memory"><see cref="PartBytes"/>.</param>
    /// <param name="rows">Rows of the block.</param>
    public void Place(byte* memory, int rows)
    {
        SumParts = (float*)memory;
        RangeParts = SumParts + (SumsOfSquares.Start is null ? 0 : (long)rows * Panels);
    }

    /// <summary>Looks at some neighbouring results of a row.</summary>
    /// <param name="values">The results.</param>
    /// <param name="count">How many, at most a panel's width.</param>
    /// <param name="blockRow">Number of the row in its block.</param>
    /// <param name="panel">Number of the right-hand panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Add<TLanes, TVector>(float* values, int count, int blockRow, int panel)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        long part = ((long)blockRow * Panels) + panel;
        if (SumsOfSquares.Start is not null)
        {
            SumParts[part] = RowReduction.SumOfSquares<TLanes, TVector>(values, count);
        }

        if (Ranges.Start is not null)
        {
            ByteQuantisation.Measure<TLanes, TVector>(values, count, RangeParts + (3 * part));
        }
    }

    /// <summary>Puts the parts of one row together.</summary>
    /// <param name="blockRow">Number of the row in its block.</param>
    /// <param name="row">Number of the row.</param>
    public readonly void Combine(int blockRow, int row)
    {
        long first = (long)blockRow * Panels;
        if (SumsOfSquares.Start is not null)
        {
            float sum = 0;
            for (int panel = 0; panel < Panels; panel++)
            {
                sum += SumParts[first + panel];
            }

            *SumsOfSquares.Row(row) = sum;
        }

        if (Ranges.Start is not null)
        {
            float lowest = 0, highest = 0, check = 0;
            for (float* part = RangeParts + (3 * first); part < RangeParts + (3 * (first + Panels)); part += 3)
            {
                lowest = part[0] < lowest ? part[0] : lowest;
                highest = part[1] > highest ? part[1] : highest;
                check += part[2];
            }

            float* range = Ranges.Row(row);
            range[0] = lowest;
            range[1] = highest;
            range[2] = check;
        }
    }
}
