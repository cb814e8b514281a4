using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>Query/key preparation in place: RMS norm with weight over the row, then the rotation of every pair.</summary>
internal static unsafe class RmsNormRotateKernel
{
    /// <summary>Prepares the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        int width = job->Values.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Values.Rows);
        for (int row = first; row < last; row++)
        {
            float* values = job->Values.Row(row);
            float mean = RowReduction.SumOfSquares<TLanes, TVector>(values, width) / width;
            float factor = 1f / MathF.Sqrt(mean + job->Epsilon);
            long angles = job->Cosines is null ? 0 : (long)(row / job->RowsPerAngles) * job->TableColumns;
            float* cosines = job->Cosines + angles;
            float* sines = job->Sines + angles;
            if (job->Cosines is null)
            {
                Scale<TLanes, TVector>(values, job->Weight, factor, width);
            }
            else if (job->Layout == RotaryLayout.Split)
            {
                int half = job->HeadDimension / 2;
                for (int head = 0; head < width; head += job->HeadDimension)
                {
                    RotateHalves<TLanes, TVector>(values + head, job->Weight + head, factor, cosines + (head / 2), sines + (head / 2), half);
                }
            }
            else
            {
                RotateNeighbours<TLanes, TVector>(values, job->Weight, factor, cosines, sines, width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<TLanes, TVector>(float* values, float* weight, float factor, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector factors = TLanes.Broadcast(factor);
        int column = 0;
        for (; column <= width - TLanes.Count; column += TLanes.Count)
        {
            TLanes.Store(values + column, Normed<TLanes, TVector>(values, weight, factors, column));
        }

        if (column < width)
        {
            PartialVector.Store(values + column, Normed<TLanes, TVector>(values, weight, factors, column), width - column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Normed<TLanes, TVector>(float* values, float* weight, TVector factors, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => TLanes.Multiply(TLanes.Multiply(TLanes.Load(values + column), factors), TLanes.Load(weight + column));

    /// <summary>One head: lane j of the first half and lane j of the second half are a pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RotateHalves<TLanes, TVector>(float* values, float* weight, float factor, float* cosines, float* sines, int half)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector factors = TLanes.Broadcast(factor);
        for (int column = 0; column < half; column += TLanes.Count)
        {
            TVector a = Normed<TLanes, TVector>(values, weight, factors, column);
            TVector b = Normed<TLanes, TVector>(values + half, weight + half, factors, column);
            TVector cosine = TLanes.Load(cosines + column);
            TVector sine = TLanes.Load(sines + column);
            TVector first = TLanes.Subtract(TLanes.Multiply(a, cosine), TLanes.Multiply(b, sine));
            TVector second = TLanes.MultiplyAdd(b, cosine, TLanes.Multiply(a, sine));
            if (half - column < TLanes.Count)
            {
                PartialVector.Store(values + column, first, half - column);
                PartialVector.Store(values + half + column, second, half - column);
                return;
            }

            TLanes.Store(values + column, first);
            TLanes.Store(values + half + column, second);
        }
    }

    /// <summary>
    /// Lanes 2i and 2i + 1 are a pair. With the pairs swapped, (b, a), and the table's sines signed (−s, +s),
    /// x·cosine + swapped·sine is (a·c − b·s, b·c + a·s) in every pair of lanes. The width is even and so are all registers:
    /// no pair is ever cut.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RotateNeighbours<TLanes, TVector>(float* values, float* weight, float factor, float* cosines, float* sines, int width)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector factors = TLanes.Broadcast(factor);
        for (int column = 0; column < width; column += TLanes.Count)
        {
            TVector x = Normed<TLanes, TVector>(values, weight, factors, column);
            TVector crossed = TLanes.Multiply(TLanes.SwapPairs(x), TLanes.Load(sines + column));
            x = TLanes.MultiplyAdd(x, TLanes.Load(cosines + column), crossed);
            if (width - column < TLanes.Count)
            {
                PartialVector.Store(values + column, x, width - column);
                return;
            }

            TLanes.Store(values + column, x);
        }
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>Prepared in place.</summary>
        public RowsView Values;

        /// <summary>One factor per column.</summary>
        public float* Weight;

        /// <summary>ε.</summary>
        public float Epsilon;

        /// <summary>Cosines of <see cref="CpuRotaryTable"/>, or null for no rotation.</summary>
        public float* Cosines;

        /// <summary>Sines of <see cref="CpuRotaryTable"/>.</summary>
        public float* Sines;

        /// <summary>Table values per token.</summary>
        public int TableColumns;

        /// <summary>Consecutive rows that share a row of the table.</summary>
        public int RowsPerAngles;

        /// <summary>Columns per head.</summary>
        public int HeadDimension;

        /// <summary>Where the pairs lie.</summary>
        public RotaryLayout Layout;

        /// <summary>Rows per task.</summary>
        public int RowsPerTask;
    }
}
