using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>The second phase of a matrix product, after <see cref="LeftPacking"/>: multiplying packed panels.</summary>
internal static unsafe class MatrixProductKernel
{
    private const int TileLength = Panel.MaximumRows * Panel.Columns;

    // 32 steps of 32 columns are 1 KB of codes, 2 KB of bf16: small beside the first-level cache.
    private const int StepsPerSlice = 32;

    // See MicroKernel.
    private const int Overwrite = 0;
    private const int GoOn = -1;

    /// <summary>
    /// Multiplies some left-hand panels by some right-hand panels. The depth is cut into blocks so that a block of a left-hand panel
    /// stays in the first-level cache while all right-hand panels of the task pass by, and these stay in the second-level cache while
    /// all left-hand panels do. Between blocks the tiles rest in the worker's own memory; after the last block they are finished and
    /// written out. A single left-hand panel instead passes by one right-hand panel after the other, which then is read in one go, and so do few
    /// rows where weights are widened (<see cref="MultiplySlices"/>).
    /// </summary>
    public static void Multiply<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        int firstRowPanel = task % job->RowTasks * job->RowPanelsPerTask;
        int lastRowPanel = Math.Min(firstRowPanel + job->RowPanelsPerTask, job->RowPanels);
        int firstColumnPanel = task / job->RowTasks * job->ColumnPanelsPerTask;
        int lastColumnPanel = Math.Min(firstColumnPanel + job->ColumnPanelsPerTask, job->ColumnPanels);
        float* tiles = job->Tiles + (worker * job->TilesPerWorker);
        byte* widened = job->Widened + (worker * job->WidenedPerWorker);
        bool multipliesCodes = job->MultipliesCodes && TLanes.Count == Vector512<float>.Count;
        if (job->WideningTable is not null && !multipliesCodes && job->BlockRows <= Panel.MaximumRows)
        {
            for (int columnPanel = firstColumnPanel; columnPanel < lastColumnPanel; columnPanel++)
            {
                MultiplySlices<TLanes, TVector>(job, firstRowPanel, lastRowPanel, columnPanel, widened, tiles);
            }

            return;
        }

        if (lastRowPanel - firstRowPanel == 1)
        {
            for (int columnPanel = firstColumnPanel; columnPanel < lastColumnPanel; columnPanel++)
            {
                for (int start = 0; start < job->PaddedDepth; start += job->DepthBlock)
                {
                    if (multipliesCodes)
                    {
                        MultiplyCodes<TLanes, TVector>(job, columnPanel, start, tiles);
                        continue;
                    }

                    MultiplyTile<TLanes, TVector>(job, firstRowPanel, columnPanel, start, RightBlock(job, columnPanel, start, widened, isFirstUse: true), tiles, (byte*)job->Left);
                }
            }

            return;
        }

        for (int start = 0; start < job->PaddedDepth; start += job->DepthBlock)
        {
            float* tile = tiles;
            for (int rowPanel = firstRowPanel; rowPanel < lastRowPanel; rowPanel++)
            {
                byte* slot = widened;
                byte* nextLeft = NextLeft(job, rowPanel, firstRowPanel, lastRowPanel, start, out int nextLeftBytes);
                int nextPart = nextLeftBytes / (lastColumnPanel - firstColumnPanel);
                for (int columnPanel = firstColumnPanel; columnPanel < lastColumnPanel; columnPanel++)
                {
                    byte* right = RightBlock(job, columnPanel, start, slot, rowPanel == firstRowPanel);
                    MultiplyTile<TLanes, TVector>(job, rowPanel, columnPanel, start, right, tile, nextLeft);
                    nextLeft += nextPart;
                    tile += TileLength;
                    slot += job->WidenedPerPanel;
                }
            }
        }
    }

    /// <summary>One block of the depth of a right-hand panel, widened or gathered into the worker's memory where it is not stored as the micro-kernel reads it.</summary>
    private static byte* RightBlock(MatrixProductJob* job, int columnPanel, int start, byte* slot, bool isFirstUse)
    {
        if (job->BoundRowWords > 0)
        {
            if (isFirstUse)
            {
                int firstOutput = columnPanel * Panel.Columns;
                float* rows = (float*)job->Right + (firstOutput * job->BoundRowWords) + (start / 2);
                int outputs = Math.Min(Panel.Columns, job->Output.Columns - firstOutput);
                PanelGathering.Run(rows, job->BoundRowWords, outputs, Math.Min(job->DepthBlock, job->PaddedDepth - start) / 2, (float*)slot);
            }

            return slot;
        }

        byte* right = job->Right + (columnPanel * job->RightPanelBytes) + ((long)start * job->RightValueBytes * Panel.Columns);
        if (job->WideningTable is null)
        {
            return right;
        }

        if (isFirstUse)
        {
            int depth = Math.Min(job->DepthBlock, job->PaddedDepth - start);
            PanelWidening.Run(right, (long)depth * Panel.Columns, job->WideningTable, (ushort*)slot);
        }

        return slot;
    }

    /// <summary>The block of a left-hand panel whose turn comes when all right-hand panels of the task have passed by; after the last one the first.</summary>
    private static byte* NextLeft(MatrixProductJob* job, int rowPanel, int firstRowPanel, int lastRowPanel, int start, out int bytes)
    {
        if (++rowPanel == lastRowPanel)
        {
            rowPanel = firstRowPanel;
            start = start + job->DepthBlock < job->PaddedDepth ? start + job->DepthBlock : 0;
        }

        int height = Panel.RowsOf(rowPanel, job->RowPanels, job->BlockRows);
        bytes = Math.Min(job->DepthBlock, job->PaddedDepth - start) / job->ValuesPerWord * height * sizeof(float);
        long firstRow = Panel.FirstRow(rowPanel, job->RowPanels, job->BlockRows);
        return (byte*)(job->Left + (firstRow * job->LeftWords) + ((long)(start / job->ValuesPerWord) * height));
    }

    /// <summary>Multiplies one block of the depth, and finishes the tile after the last.</summary>
    private static void MultiplyTile<TLanes, TVector>(MatrixProductJob* job, int rowPanel, int columnPanel, int start, byte* right, float* tile, byte* nextLeft)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MultiplySteps(job, rowPanel, start, Math.Min(job->DepthBlock, job->PaddedDepth - start), right, tile, start, nextLeft);
        if (start + job->DepthBlock >= job->PaddedDepth)
        {
            FinishPanel<TLanes, TVector>(job, rowPanel, columnPanel, tile);
        }
    }

    /// <summary>
    /// Multiplies few rows with the whole depth of a right-hand panel of 8-bit weights, which is widened a slice at a time: reading the weights takes the
    /// time then, and a slice is so short that the processor reads the next ones while it multiplies this one. A block of the depth goes on
    /// from slice to slice as if it were one, so that a row has the same sums as in a product of many.
    /// </summary>
    private static void MultiplySlices<TLanes, TVector>(
        MatrixProductJob* job, int firstRowPanel, int lastRowPanel, int columnPanel, byte* widened, float* tiles)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        byte* codes = job->Right + (columnPanel * job->RightPanelBytes);
        int length = (lastRowPanel - firstRowPanel) * TileLength;
        for (int start = 0; start < job->PaddedDepth; start += job->DepthBlock)
        {
            float* sums = start == 0 ? tiles : tiles + length;
            int end = Math.Min(start + job->DepthBlock, job->PaddedDepth);
            for (int slice = start; slice < end; slice += StepsPerSlice)
            {
                int steps = Math.Min(StepsPerSlice, end - slice);
                PanelWidening.Run(codes + ((long)slice * Panel.Columns), (long)steps * Panel.Columns, job->WideningTable, (ushort*)widened);
                float* tile = sums;
                for (int rowPanel = firstRowPanel; rowPanel < lastRowPanel; rowPanel++)
                {
                    MultiplySteps(job, rowPanel, slice, steps, widened, tile, slice == start ? Overwrite : GoOn, (byte*)job->Left);
                    tile += TileLength;
                }
            }

            if (start > 0)
            {
                Add<TLanes, TVector>(sums, tiles, length);
            }
        }

        for (int rowPanel = firstRowPanel; rowPanel < lastRowPanel; rowPanel++)
        {
            FinishPanel<TLanes, TVector>(job, rowPanel, columnPanel, tiles);
            tiles += TileLength;
        }
    }

    /// <summary>Multiplies some steps of the depth.</summary>
    private static void MultiplySteps(MatrixProductJob* job, int rowPanel, int firstStep, int steps, byte* right, float* tile, int accumulate, byte* nextLeft)
    {
        int firstRow = Panel.FirstRow(rowPanel, job->RowPanels, job->BlockRows);
        int height = Panel.RowsOf(rowPanel, job->RowPanels, job->BlockRows);
        float* left = job->Left + ((long)firstRow * job->LeftWords) + ((long)(firstStep / job->ValuesPerWord) * height);
        if (job->AssembledKernels is null)
        {
            job->MicroKernels[height](left, right, tile, steps / job->ValuesPerWord, accumulate, nextLeft);
        }
        else
        {
            job->AssembledKernels[height](left, right, tile, steps / job->ValuesPerWord, accumulate, nextLeft);
        }
    }

    /// <summary>sums += addends.</summary>
    private static void Add<TLanes, TVector>(float* addends, float* sums, int length)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int i = 0; i < length; i += TLanes.Count)
        {
            TLanes.Store(sums + i, TLanes.Add(TLanes.Load(sums + i), TLanes.Load(addends + i)));
        }
    }

    private static void FinishPanel<TLanes, TVector>(MatrixProductJob* job, int rowPanel, int columnPanel, float* tile)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int firstRow = Panel.FirstRow(rowPanel, job->RowPanels, job->BlockRows);
        Finish<TLanes, TVector>(job, tile, firstRow, Panel.RowsOf(rowPanel, job->RowPanels, job->BlockRows), columnPanel * Panel.Columns);
    }

    /// <summary>As <see cref="MultiplyTile"/> for all rows of a product, so few that weights are widened in registers.</summary>
    private static void MultiplyCodes<TLanes, TVector>(MatrixProductJob* job, int columnPanel, int start, float* tile)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        byte* codes = job->Right + (columnPanel * job->RightPanelBytes) + ((long)start * Panel.Columns);
        int rows = job->BlockRows;
        CodeRowsKernel.Run(
            rows, job->Left + ((long)start * rows), codes, tile, Math.Min(job->DepthBlock, job->PaddedDepth - start), start, job->WideningTable);
        if (start + job->DepthBlock >= job->PaddedDepth)
        {
            Finish<TLanes, TVector>(job, tile, 0, rows, columnPanel * Panel.Columns);
        }
    }

    /// <summary>The epilogue of one tile: of bytes the zero point and the factor of the row, then scale, bias, activation, then stored or added with its gate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Finish<TLanes, TVector>(MatrixProductJob* job, float* tile, int blockRow, int height, int firstColumn)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int firstRow = job->FirstRow + blockRow;
        int columns = Math.Min(Panel.Columns, job->Output.Columns - firstColumn);
        float* bias = job->Bias + firstColumn;
        float* scale = job->Scale + firstColumn;
        for (int r = 0; r < height; r++)
        {
            float* values = tile + (r * Panel.Columns);
            float* output = job->Output.Row(firstRow + r) + firstColumn;
            float* gate = job->Gate.OfToken(firstRow + r);
            gate = gate is null ? null : gate + firstColumn;
            if (job->ColumnSums is not null)
            {
                Dequantise<TLanes, TVector>(values, job->ColumnSums + firstColumn, job->RowZeros[blockRow + r], job->RowScales[blockRow + r]);
            }

            int column = 0;
            for (; column <= columns - TLanes.Count; column += TLanes.Count)
            {
                TLanes.Store(output + column, Finished<TLanes, TVector>(job, values, scale, bias, output, gate, column));
            }

            if (column < columns)
            {
                PartialVector.Store(output + column, Finished<TLanes, TVector>(job, values, scale, bias, output, gate, column), columns - column);
            }
        }
    }

    /// <summary>Σ(q − zero)·w·factor of one row of a tile, from the sums of q·w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dequantise<TLanes, TVector>(float* values, int* columnSums, int zero, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int column = 0; column < Panel.Columns; column += TLanes.Count)
        {
            TVector sums = TLanes.CentredSum((int*)values + column, columnSums + column, zero);
            TLanes.Store(values + column, TLanes.Multiply(sums, TLanes.Broadcast(factor)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Finished<TLanes, TVector>(MatrixProductJob* job, float* values, float* scale, float* bias, float* output, float* gate, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector y = TLanes.MultiplyAdd(TLanes.Load(values + column), TLanes.Load(scale + column), TLanes.Load(bias + column));
        if (job->Activation == Activation.Silu)
        {
            y = VectorMath.Silu<TLanes, TVector>(y);
        }
        else if (job->Activation == Activation.GeluTanh)
        {
            y = VectorMath.GeluTanh<TLanes, TVector>(y);
        }

        if (!job->Accumulate)
        {
            return y;
        }

        TVector sum = TLanes.Load(output + column);
        return gate is null ? TLanes.Add(sum, y) : TLanes.MultiplyAdd(TLanes.Load(gate + column), y, sum);
    }
}
