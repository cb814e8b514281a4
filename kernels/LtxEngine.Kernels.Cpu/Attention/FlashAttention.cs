using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Threading;

namespace LtxEngine.Kernels.Cpu.Attention;

/// <summary>Launches attention: as many key heads at a time as the working memory takes, each cut into tasks of some queries.</summary>
internal static unsafe class FlashAttention
{
    private const long PackedBytesPerThread = 16L << 20;

    private const long MaximumPackedBytes = 512L << 20;

    /// <summary>Runs attention.</summary>
    /// <param name="job">The four matrices, the scale, and the keys that are seen.</param>
    /// <param name="heads">Number of query heads.</param>
    /// <param name="kernels">The kernels of the instruction set.</param>
    /// <param name="pool">The workers.</param>
    /// <param name="scratch">Working memory.</param>
    public static void Run(ref AttentionJob job, int heads, KernelTable kernels, WorkerPool pool, ScratchMemory scratch)
    {
        int queries = job.Query.Rows;
        if (queries == 0)
        {
            return;
        }

        int keys = job.Key.Rows;
        job.HeadDimension = job.Query.Columns / heads;
        int keyHeads = job.Key.Columns / job.HeadDimension;
        job.QueryHeadsPerKeyHead = heads / keyHeads;
        if (queries == 1)
        {
            RowAttention.Run(ref job, heads, kernels, pool, scratch);
            return;
        }

        job.KeyBlocks = (int)(((long)keys + AttentionKernel.KeysPerBlock - 1) / AttentionKernel.KeysPerBlock);
        ProductTactic tactic = kernels.BrainPairs ?? kernels.Singles;
        job.TileRows = tactic.TileRows;
        job.ValuesPerWord = tactic.ValuesPerWord;
        job.MicroKernels = tactic.MicroKernels;
        job.AssembledKernels = tactic.AssembledKernels;
        delegate*<void*, int, int, void> pack = job.ValuesPerWord == 2 ? kernels.PackBrainBlock : &AttentionKernel.PackBlock;

        // Only the last block of keys can be odd, so one more row pads it. Heads start on cache lines.
        job.PackedPerHead = ((((((long)keys + 1) * job.HeadDimension) / job.ValuesPerWord) + 15) / 16) * 16;
        int group = (int)Math.Clamp(Math.Min(pool.Threads * PackedBytesPerThread, MaximumPackedBytes) / (2 * job.PackedPerHead * sizeof(float)), 1, keyHeads);
        job.ScratchPerWorker = AttentionKernel.ScratchLength(job.HeadDimension);
        float* memory = (float*)scratch.Require(((2 * group * job.PackedPerHead) + (pool.Threads * job.ScratchPerWorker)) * sizeof(float));
        job.PackedKeys = memory;
        job.PackedValues = memory + (group * job.PackedPerHead);
        job.WorkerScratch = job.PackedValues + (group * job.PackedPerHead);

        int queryBlocks = Panel.ColumnPanels(queries);
        job.QueryBlocksPerTask = Math.Min(AttentionKernel.MaximumQueryBlocks, queryBlocks);
        while (job.QueryBlocksPerTask > 1 && (long)group * job.QueryHeadsPerKeyHead * Parts(queryBlocks, job.QueryBlocksPerTask) < 4L * pool.Threads)
        {
            job.QueryBlocksPerTask = (job.QueryBlocksPerTask + 1) / 2;
        }

        job.TasksPerHead = Parts(queryBlocks, job.QueryBlocksPerTask);
        fixed (AttentionJob* arguments = &job)
        {
            for (int first = 0; first < keyHeads; first += group)
            {
                int count = Math.Min(group, keyHeads - first);
                job.FirstKeyHead = first;
                pool.Run(pack, arguments, checked(count * job.KeyBlocks));
                pool.Run(kernels.Attend, arguments, checked(count * job.QueryHeadsPerKeyHead * job.TasksPerHead));
            }
        }
    }

    private static int Parts(int count, int size) => (count + size - 1) / size;
}
