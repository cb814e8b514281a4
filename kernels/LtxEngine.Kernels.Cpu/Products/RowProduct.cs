using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Kernels.Cpu.Vectors;
using LtxEngine.Kernels.Cpu.Weights;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// One row times a weight of <see cref="PanelFormat.BrainRows"/>: an inner product per output, with the weights read once, in the order in
/// which they lie. The memory is the limit, so nothing is rearranged but the row itself.
/// <para>
/// A word of 32 bits holds two neighbouring values of a stored row. Its lower half becomes fp32 by a shift and meets the even values of the
/// row, its upper half by a mask and meets the odd ones: the row is split once into these two halves. Four outputs at a time share its loads.
/// </para>
/// <para>
/// The sum of an output is that of the lanes of two registers (even and odd values), each over ascending depth: the same for any number of
/// threads.
/// </para>
/// </summary>
internal static unsafe class RowProduct
{
    private const int OutputsAtOnce = 4;

    // Bytes ahead of the current position at which weights are asked for.
    private const int PrefetchDistance = 1024;

    /// <summary>output (+)= epilogue(row · weightᵀ).</summary>
    /// <param name="job">Input, output, epilogue.</param>
    /// <param name="right">The stored rows.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="kernels">The kernels of the instruction set.</param>
    /// <param name="pool">The workers.</param>
    /// <param name="scratch">Working memory.</param>
    public static void Run(ref MatrixProductJob job, byte* right, CpuWeight weight, KernelTable kernels, WorkerPool pool, ScratchMemory scratch)
    {
        job.Right = right;
        job.Bias = weight.Bias;
        job.Scale = weight.Scale;
        job.Depth = weight.Depth;
        job.PaddedDepth = weight.Depth;
        job.TilesPerWorker = Panel.Columns;
        job.Left = (float*)scratch.Require(((long)weight.Depth + ((long)pool.Threads * Panel.Columns)) * sizeof(float));
        job.Tiles = job.Left + weight.Depth;
        fixed (MatrixProductJob* arguments = &job)
        {
            pool.Run(kernels.PackRow, arguments, 1);
            pool.Run(kernels.MultiplyRow, arguments, Panel.ColumnPanels(weight.OutputFeatures));
        }
    }

    /// <summary>Splits the row into its even values and, behind them, its odd ones.</summary>
    public static void PackRow<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        float* input = job->Input.Row(0);
        float* even = job->Left;
        float* odd = even + (job->Depth / 2);
        for (int i = 0; i < job->Depth / 2; i++)
        {
            even[i] = input[2 * i];
            odd[i] = input[(2 * i) + 1];
        }
    }

    /// <summary>Computes the outputs of one panel's width.</summary>
    public static void Multiply<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        float* sums = job->Tiles + (worker * job->TilesPerWorker);
        int first = task * Panel.Columns;
        int outputs = Math.Min(Panel.Columns, job->Output.Columns - first);
        long words = job->Depth / 2;
        uint* rows = (uint*)job->Right + (first * words);
        for (int output = 0; output < outputs; output += OutputsAtOnce)
        {
            // Behind the last output its row is read again; what comes out is not used.
            uint* a = rows + (output * words);
            uint* b = rows + (Math.Min(output + 1, outputs - 1) * words);
            uint* c = rows + (Math.Min(output + 2, outputs - 1) * words);
            uint* d = rows + (Math.Min(output + 3, outputs - 1) * words);
            InnerProducts<TLanes, TVector>(job->Left, job->Left + words, a, b, c, d, words, sums + output);
        }

        MatrixProductKernel.Finish<TLanes, TVector>(job, sums, 0, 1, first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InnerProducts<TLanes, TVector>(float* even, float* odd, uint* a, uint* b, uint* c, uint* d, long words, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero;
        TVector b0 = TLanes.Zero, b1 = TLanes.Zero;
        TVector c0 = TLanes.Zero, c1 = TLanes.Zero;
        TVector d0 = TLanes.Zero, d1 = TLanes.Zero;
        long word = 0;
        for (; word <= words - TLanes.Count; word += TLanes.Count)
        {
            TLanes.Prefetch((byte*)(a + word) + PrefetchDistance);
            TLanes.Prefetch((byte*)(b + word) + PrefetchDistance);
            TLanes.Prefetch((byte*)(c + word) + PrefetchDistance);
            TLanes.Prefetch((byte*)(d + word) + PrefetchDistance);
            TVector x = TLanes.Load(even + word);
            a0 = TLanes.MultiplyAdd(x, TLanes.WidenLower(a + word), a0);
            b0 = TLanes.MultiplyAdd(x, TLanes.WidenLower(b + word), b0);
            c0 = TLanes.MultiplyAdd(x, TLanes.WidenLower(c + word), c0);
            d0 = TLanes.MultiplyAdd(x, TLanes.WidenLower(d + word), d0);
            x = TLanes.Load(odd + word);
            a1 = TLanes.MultiplyAdd(x, TLanes.WidenUpper(a + word), a1);
            b1 = TLanes.MultiplyAdd(x, TLanes.WidenUpper(b + word), b1);
            c1 = TLanes.MultiplyAdd(x, TLanes.WidenUpper(c + word), c1);
            d1 = TLanes.MultiplyAdd(x, TLanes.WidenUpper(d + word), d1);
        }

        sums[0] = TLanes.Sum(TLanes.Add(a0, a1)) + Rest(even, odd, a, word, words);
        sums[1] = TLanes.Sum(TLanes.Add(b0, b1)) + Rest(even, odd, b, word, words);
        sums[2] = TLanes.Sum(TLanes.Add(c0, c1)) + Rest(even, odd, c, word, words);
        sums[3] = TLanes.Sum(TLanes.Add(d0, d1)) + Rest(even, odd, d, word, words);
    }

    /// <summary>What is left behind the last whole register.</summary>
    private static float Rest(float* even, float* odd, uint* row, long word, long words)
    {
        float sum = 0;
        for (; word < words; word++)
        {
            sum += (even[word] * BitConverter.UInt32BitsToSingle(row[word] << 16)) + (odd[word] * BitConverter.UInt32BitsToSingle(row[word] & 0xFFFF_0000));
        }

        return sum;
    }
}
