using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Kernels.Cpu.Weights;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// Launches matrix products: cuts them into blocks of rows that fit the working memory, and each block into tasks. The cuts may follow
/// the number of threads, because no element's arithmetic depends on them: only the blocks of the depth do, and those are fixed.
/// </summary>
internal static unsafe class MatrixProduct
{
    // A block of a left-hand panel is fetched once for 16 tiles. The right-hand data that passes by is 512 KB of bf16 values that are widened in the
    // kernel, which the second-level cache holds, or 1 MB of bf16 pairs or bytes, which come in part from the third.
    private const int ColumnPanelsPerTask = 16;

    private const int RowPanelsPerTask = 8;

    // Every task brings its part of a bound weight into the layout of panels: the more rows share that, the better.
    private const int BoundRowPanelsPerTask = 24;

    private const long LeftBytesPerThread = 16L << 20;

    private const long MaximumLeftBytes = 256L << 20;

    /// <summary>output (+)= epilogue(rows · weightᵀ · scale + bias).</summary>
    /// <param name="job">Input, output, epilogue; for a convolution also shape and kernel.</param>
    /// <param name="weight">The packed weight.</param>
    /// <param name="kernels">The kernels of the instruction set.</param>
    /// <param name="pool">The workers.</param>
    /// <param name="scratch">Working memory.</param>
    public static void Run(ref MatrixProductJob job, CpuWeight weight, KernelTable kernels, WorkerPool pool, ScratchMemory scratch)
    {
        fixed (byte* bound = weight.BoundBytes)
        {
            switch (job.Input.Rows)
            {
                case 0:
                    break;
                case 1 when bound is not null && !job.Norm.IsWanted:
                    RowProduct.Run(ref job, bound, weight, kernels, pool, scratch);
                    break;
                default:
                    Run(ref job, bound is null ? weight.Values : bound, weight, kernels, pool, scratch);
                    break;
            }
        }
    }

    private static void Run(ref MatrixProductJob job, byte* right, CpuWeight weight, KernelTable kernels, WorkerPool pool, ScratchMemory scratch)
    {
        int rows = job.Input.Rows;
        job.Right = right;
        job.RightPanelBytes = weight.PanelBytes;
        job.RightValueBytes = PanelFormats.ValueBytes(weight.Format);
        job.WideningTable = WideningTables.For(weight.Format);
        job.Bias = weight.Bias;
        job.Scale = weight.Scale;
        job.Depth = weight.Depth;
        job.PaddedDepth = weight.PaddedDepth;
        ProductTactic tactic = Choose(weight, kernels);
        job.ValuesPerWord = tactic.ValuesPerWord;
        job.LeftWords = job.PaddedDepth / tactic.ValuesPerWord;
        job.MultipliesCodes = rows <= CodeRowsKernel.MaximumRows && tactic.ValuesPerWord == 1 && job.WideningTable is not null && CodeRowsKernel.IsUsable(job.WideningTable);
        job.ColumnSums = weight.ColumnSums;
        job.DepthBlock = tactic.DepthBlock;
        job.ColumnPanels = Panel.ColumnPanels(weight.OutputFeatures);
        job.Kernel = weight.Kernel ?? new ConvolutionExtents(1, 1, 1);
        job.MicroKernels = tactic.MicroKernels;
        job.AssembledKernels = tactic.AssembledKernels;

        // Whole tiles, as many as the memory for packed rows takes.
        long rowBytes = (long)job.LeftWords * sizeof(float);
        long fitting = Math.Max(1, Math.Min(pool.Threads * LeftBytesPerThread, MaximumLeftBytes) / (rowBytes * tactic.TileRows)) * tactic.TileRows;
        int blocks = (int)((rows + fitting - 1) / fitting);
        int largestBlock = (int)(((long)rows + blocks - 1) / blocks);

        long leftBytes = Align(largestBlock * rowBytes);
        long zeroBytes = Align((long)job.Input.Columns * sizeof(float));
        bool isBound = weight.Format == PanelFormat.BrainRows;
        job.BoundRowWords = isBound ? weight.Depth / 2 : 0;
        int rowPanelsPerTask = isBound ? BoundRowPanelsPerTask : RowPanelsPerTask;
        job.TilesPerWorker = rowPanelsPerTask * ColumnPanelsPerTask * Panel.MaximumRows * Panel.Columns;
        job.WidenedPerPanel = job.WideningTable is null && !isBound ? 0 : (long)Math.Min(job.DepthBlock, job.PaddedDepth) * Panel.Columns * sizeof(ushort);
        job.WidenedPerWorker = ColumnPanelsPerTask * job.WidenedPerPanel;
        long rowDataBytes = Align((long)largestBlock * sizeof(float));
        long workerBytes = (job.TilesPerWorker * sizeof(float)) + job.WidenedPerWorker;
        long normBytes = job.Norm.IsWanted ? Align(pool.Threads * RowNormalisation.LengthPerWorker(job.Input.Columns) * sizeof(float)) : 0;
        byte* memory = scratch.Require(leftBytes + zeroBytes + (2 * rowDataBytes) + (pool.Threads * workerBytes) + normBytes);
        job.Left = (float*)memory;
        job.Zeros = (float*)(memory + leftBytes);
        job.RowScales = (float*)(memory + leftBytes + zeroBytes);
        job.RowZeros = (int*)(memory + leftBytes + zeroBytes + rowDataBytes);
        job.Tiles = (float*)(memory + leftBytes + zeroBytes + (2 * rowDataBytes));
        job.Widened = (byte*)(job.Tiles + (pool.Threads * job.TilesPerWorker));
        job.Norm.Rows = (float*)(memory + leftBytes + zeroBytes + (2 * rowDataBytes) + (pool.Threads * workerBytes));
        if (job.Kernel.Taps > 1)
        {
            new Span<byte>(job.Zeros, (int)zeroBytes).Clear();
        }

        delegate*<void*, int, int, void> pack = tactic.ValuesPerWord switch
        {
            1 => &LeftPacking.PackSingle,
            2 => kernels.PackBrain,
            _ => kernels.PackBytes,
        };
        fixed (MatrixProductJob* arguments = &job)
        {
            for (int block = 0; block < blocks; block++)
            {
                job.FirstRow = Panel.FirstRow(block, blocks, rows);
                job.BlockRows = Panel.RowsOf(block, blocks, rows);
                job.RowPanels = Panel.RowPanels(job.BlockRows, tactic.TileRows);
                int tasks = Partition(ref job, rowPanelsPerTask, pool.Threads);
                pool.Run(pack, arguments, job.RowPanels);
                pool.Run(kernels.Multiply, arguments, tasks);
            }
        }
    }

    private static ProductTactic Choose(CpuWeight weight, KernelTable kernels)
    {
        bool pairsFit = weight.Kernel is null || weight.InputFeatures % 2 == 0;
        return weight.Format switch
        {
            PanelFormat.Single => kernels.Singles,
            PanelFormat.SignedByteQuads => kernels.Bytes!,
            _ when kernels.BrainPairs is { } pairs && pairsFit => pairs,
            _ => kernels.WidenedPairs,
        };
    }

    /// <summary>Chooses the size of a task: large for the caches, but several per thread so that none waits long for the last.</summary>
    private static int Partition(ref MatrixProductJob job, int rowPanelsPerTask, int threads)
    {
        int rowPanels = Math.Min(rowPanelsPerTask, job.RowPanels);
        int columnPanels = Math.Min(ColumnPanelsPerTask, job.ColumnPanels);
        int wanted = threads == 1 ? 1 : 8 * threads;
        while (Tasks(job, rowPanels, columnPanels) < wanted && (rowPanels > 1 || columnPanels > 1))
        {
            if (columnPanels > 4 || rowPanels == 1)
            {
                columnPanels = (columnPanels + 1) / 2;
            }
            else
            {
                rowPanels = (rowPanels + 1) / 2;
            }
        }

        job.RowPanelsPerTask = rowPanels;
        job.ColumnPanelsPerTask = columnPanels;
        job.RowTasks = Parts(job.RowPanels, rowPanels);
        return Tasks(job, rowPanels, columnPanels);
    }

    private static int Tasks(in MatrixProductJob job, int rowPanels, int columnPanels) =>
        checked(Parts(job.RowPanels, rowPanels) * Parts(job.ColumnPanels, columnPanels));

    private static int Parts(int count, int size) => (count + size - 1) / size;

    private static long Align(long bytes) => (bytes + AlignedMemory.Alignment - 1) / AlignedMemory.Alignment * AlignedMemory.Alignment;
}
