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
    // 14 rows · 512 steps · 4 bytes = 28 KB: a left-hand block fills most of a 32 KB first-level cache.
    private const int DepthBlock = 512;

    // 8 panels of 32 columns · 512 steps · 2 bytes = 256 KB of right-hand data in the second-level cache.
    private const int ColumnPanelsPerTask = 8;

    private const int RowPanelsPerTask = 8;

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
        int rows = job.Input.Rows;
        if (rows == 0)
        {
            return;
        }

        job.Right = weight.Values;
        job.RightPanelBytes = weight.PanelBytes;
        job.RightPairBytes = Panel.Columns * 2 * (weight.IsBrain ? sizeof(ushort) : sizeof(float));
        job.Bias = weight.Bias;
        job.Scale = weight.Scale;
        job.Depth = weight.Depth;
        job.PaddedDepth = weight.PaddedDepth;
        job.DepthBlock = DepthBlock;
        job.ColumnPanels = Panel.ColumnPanels(weight.OutputFeatures);
        job.Kernel = weight.Kernel ?? new ConvolutionExtents(1, 1, 1);
        job.MicroKernels = weight.IsBrain ? kernels.BrainMicroKernels : kernels.SingleMicroKernels;

        // Whole tiles, as many as the memory for packed rows takes.
        long rowBytes = (long)job.PaddedDepth * sizeof(float);
        long fitting = Math.Max(1, Math.Min(pool.Threads * LeftBytesPerThread, MaximumLeftBytes) / (rowBytes * kernels.TileRows)) * kernels.TileRows;
        int blocks = (int)((rows + fitting - 1) / fitting);
        int largestBlock = (int)(((long)rows + blocks - 1) / blocks);

        long leftBytes = Align(largestBlock * rowBytes);
        long zeroBytes = Align((long)job.Input.Columns * sizeof(float));
        job.TilesPerWorker = RowPanelsPerTask * ColumnPanelsPerTask * Panel.MaximumRows * Panel.Columns;
        byte* memory = scratch.Require(leftBytes + zeroBytes + (pool.Threads * job.TilesPerWorker * sizeof(float)));
        job.Left = (float*)memory;
        job.Zeros = (float*)(memory + leftBytes);
        job.Tiles = (float*)(memory + leftBytes + zeroBytes);
        if (job.Kernel.Taps > 1)
        {
            new Span<byte>(job.Zeros, (int)zeroBytes).Clear();
        }

        fixed (MatrixProductJob* arguments = &job)
        {
            for (int block = 0; block < blocks; block++)
            {
                job.FirstRow = Panel.FirstRow(block, blocks, rows);
                job.BlockRows = Panel.RowsOf(block, blocks, rows);
                job.RowPanels = Panel.RowPanels(job.BlockRows, kernels.TileRows);
                int tasks = Partition(ref job, pool.Threads);
                pool.Run(&MatrixProductKernel.PackPanel, arguments, job.RowPanels);
                pool.Run(kernels.Multiply, arguments, tasks);
            }
        }
    }

    /// <summary>Chooses the size of a task: large for the caches, but several per thread so that none waits long for the last.</summary>
    private static int Partition(ref MatrixProductJob job, int threads)
    {
        int rowPanels = Math.Min(RowPanelsPerTask, job.RowPanels);
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
