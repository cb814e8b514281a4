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
/// row, its upper half by a mask and meets the odd ones: the row is split once into these two halves. The weights of an output pass by in one go; of
/// rows too long for the first-level cache four outputs share the loads.
/// </para>
/// <para>
/// Which value goes into which lane of which register depends on the depth alone, so sums are the same for any number of threads.
/// </para>
/// </summary>
internal static unsafe class RowProduct
{
    private const int OutputsAtOnce = 4;

    // Values of a row that stay in the first-level cache (24 KB) while weights pass by.
    private const int LongestNearRow = 6144;

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
        float* even = job->Left;
        float* odd = even + words;
        uint* rows = (uint*)job->Right + (first * words);
        if (job->Depth <= LongestNearRow)
        {
            for (int output = 0; output < outputs; output++)
            {
                sums[output] = InnerProduct<TLanes, TVector>(even, odd, rows + (output * words), words);
            }
        }
        else
        {
            for (int output = 0; output < outputs; output += OutputsAtOnce)
            {
                // Behind the last output its row is read again; what comes out is not used.
                uint* b = rows + (Math.Min(output + 1, outputs - 1) * words);
                uint* c = rows + (Math.Min(output + 2, outputs - 1) * words);
                uint* d = rows + (Math.Min(output + 3, outputs - 1) * words);
                InnerProducts<TLanes, TVector>(even, odd, rows + (output * words), b, c, d, words, sums + output);
            }
        }

        MatrixProductKernel.Finish<TLanes, TVector>(job, sums, 0, 1, first);
    }

    /// <summary>One output: its weights pass by in a single stream, which processors fetch ahead best.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float InnerProduct<TLanes, TVector>(float* even, float* odd, uint* row, long words)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        // Four registers of words at a time, so that no sum waits for the one before it.
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero;
        TVector b0 = TLanes.Zero, b1 = TLanes.Zero;
        TVector c0 = TLanes.Zero, c1 = TLanes.Zero;
        TVector d0 = TLanes.Zero, d1 = TLanes.Zero;
        long word = 0;
        for (; word <= words - (4 * TLanes.Count); word += 4 * TLanes.Count)
        {
            long second = word + TLanes.Count;
            long third = second + TLanes.Count;
            long fourth = third + TLanes.Count;
            a0 = TLanes.MultiplyAdd(TLanes.Load(even + word), TLanes.WidenLower(row + word), a0);
            a1 = TLanes.MultiplyAdd(TLanes.Load(odd + word), TLanes.WidenUpper(row + word), a1);
            b0 = TLanes.MultiplyAdd(TLanes.Load(even + second), TLanes.WidenLower(row + second), b0);
            b1 = TLanes.MultiplyAdd(TLanes.Load(odd + second), TLanes.WidenUpper(row + second), b1);
            c0 = TLanes.MultiplyAdd(TLanes.Load(even + third), TLanes.WidenLower(row + third), c0);
            c1 = TLanes.MultiplyAdd(TLanes.Load(odd + third), TLanes.WidenUpper(row + third), c1);
            d0 = TLanes.MultiplyAdd(TLanes.Load(even + fourth), TLanes.WidenLower(row + fourth), d0);
            d1 = TLanes.MultiplyAdd(TLanes.Load(odd + fourth), TLanes.WidenUpper(row + fourth), d1);
        }

        for (; word <= words - TLanes.Count; word += TLanes.Count)
        {
            a0 = TLanes.MultiplyAdd(TLanes.Load(even + word), TLanes.WidenLower(row + word), a0);
            a1 = TLanes.MultiplyAdd(TLanes.Load(odd + word), TLanes.WidenUpper(row + word), a1);
        }

        TVector sum = TLanes.Add(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(b0, b1)), TLanes.Add(TLanes.Add(c0, c1), TLanes.Add(d0, d1)));
        return TLanes.Sum(sum) + Rest(even, odd, row, word, words);
    }

    /// <summary>Four outputs that share the loads of the row, for rows that the first-level cache does not hold.</summary>
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
