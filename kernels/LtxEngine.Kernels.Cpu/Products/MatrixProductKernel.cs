using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>The two phases of a matrix product: packing left-hand rows, and multiplying packed panels.</summary>
internal static unsafe class MatrixProductKernel
{
    /// <summary>
    /// Packs one left-hand panel. For a convolution the rows are gathered here: each row of the product is a position, its values are
    /// the input channels under every tap of the kernel, zeros outside the volume.
    /// </summary>
    public static void PackPanel(void* arguments, int task, int worker)
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        int first = Panel.FirstRow(task, job->RowPanels, job->BlockRows);
        int height = Panel.RowsOf(task, job->RowPanels, job->BlockRows);
        int channels = job->Input.Columns;
        float* panel = job->Left + ((long)first * job->PaddedDepth);
        float** rows = stackalloc float*[Panel.MaximumRows];
        VolumeShape shape = job->Shape;
        int framePositions = shape.Height * shape.Width;
        for (int tap = 0; tap < job->Kernel.Taps; tap++)
        {
            int tapFrame = (tap / (job->Kernel.Height * job->Kernel.Width)) - (job->Kernel.Frames / 2);
            int tapRow = (tap / job->Kernel.Width % job->Kernel.Height) - (job->Kernel.Height / 2);
            int tapColumn = (tap % job->Kernel.Width) - (job->Kernel.Width / 2);
            for (int r = 0; r < height; r++)
            {
                int row = job->FirstRow + first + r;
                if (job->Kernel.Taps == 1)
                {
                    rows[r] = job->Input.Row(row);
                    continue;
                }

                int frame = (row / framePositions) + tapFrame;
                int y = (row / shape.Width % shape.Height) + tapRow;
                int x = (row % shape.Width) + tapColumn;
                bool isInside = (uint)frame < (uint)shape.Frames && (uint)y < (uint)shape.Height && (uint)x < (uint)shape.Width;
                rows[r] = isInside ? job->Input.Row((((frame * shape.Height) + y) * shape.Width) + x) : job->Zeros;
            }

            Transposition.Run(rows, height, channels, panel + ((long)tap * channels * height), height);
        }

        if (job->Depth != job->PaddedDepth)
        {
            new Span<float>(panel + ((long)job->Depth * height), height).Clear();
        }
    }

    /// <summary>
    /// Multiplies some left-hand panels by some right-hand panels. The depth is cut into blocks so that a block of a left-hand panel
    /// stays in the first-level cache while all right-hand panels of the task pass by, and these stay in the second-level cache while
    /// all left-hand panels do. Between blocks the tiles rest in the worker's own memory; after the last block they are finished and
    /// written out.
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
        for (int start = 0; start < job->PaddedDepth; start += job->DepthBlock)
        {
            int depth = Math.Min(job->DepthBlock, job->PaddedDepth - start);
            bool isLast = start + depth == job->PaddedDepth;
            float* tile = tiles;
            for (int rowPanel = firstRowPanel; rowPanel < lastRowPanel; rowPanel++)
            {
                int firstRow = Panel.FirstRow(rowPanel, job->RowPanels, job->BlockRows);
                int height = Panel.RowsOf(rowPanel, job->RowPanels, job->BlockRows);
                float* left = job->Left + ((long)firstRow * job->PaddedDepth) + ((long)start * height);
                for (int columnPanel = firstColumnPanel; columnPanel < lastColumnPanel; columnPanel++)
                {
                    byte* right = job->Right + (columnPanel * job->RightPanelBytes) + ((long)(start / 2) * job->RightPairBytes);
                    job->MicroKernels[height](left, right, tile, depth, start);
                    if (isLast)
                    {
                        Finish<TLanes, TVector>(job, tile, job->FirstRow + firstRow, height, columnPanel * Panel.Columns);
                    }

                    tile += Panel.MaximumRows * Panel.Columns;
                }
            }
        }
    }

    /// <summary>The epilogue of one tile: scale, bias, activation, then stored or added with its gate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish<TLanes, TVector>(MatrixProductJob* job, float* tile, int firstRow, int height, int firstColumn)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int columns = Math.Min(Panel.Columns, job->Output.Columns - firstColumn);
        float* bias = job->Bias + firstColumn;
        float* scale = job->Scale + firstColumn;
        for (int r = 0; r < height; r++)
        {
            float* values = tile + (r * Panel.Columns);
            float* output = job->Output.Row(firstRow + r) + firstColumn;
            float* gate = job->Gate.OfToken(firstRow + r);
            gate = gate is null ? null : gate + firstColumn;
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
