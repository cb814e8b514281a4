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
            float* cosines = job->Cosines + ((long)row * job->TableColumns);
            float* sines = job->Sines + ((long)row * job->TableColumns);
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
        for (int column = 0; column < width; column += TLanes.Count)
        {
            int left = width - column;
            TVector x = TLanes.Multiply(VectorMath.LoadUpTo<TLanes, TVector>(values + column, left), factors);
            x = TLanes.Multiply(x, VectorMath.LoadUpTo<TLanes, TVector>(weight + column, left));
            VectorMath.StoreUpTo<TLanes, TVector>(values + column, x, left);
        }
    }

    /// <summary>One head: lane j of the first half and lane j of the second half are a pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RotateHalves<TLanes, TVector>(float* values, float* weight, float factor, float* cosines, float* sines, int half)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector factors = TLanes.Broadcast(factor);
        for (int column = 0; column < half; column += TLanes.Count)
        {
            int left = half - column;
            TVector a = TLanes.Multiply(VectorMath.LoadUpTo<TLanes, TVector>(values + column, left), factors);
            TVector b = TLanes.Multiply(VectorMath.LoadUpTo<TLanes, TVector>(values + half + column, left), factors);
            a = TLanes.Multiply(a, VectorMath.LoadUpTo<TLanes, TVector>(weight + column, left));
            b = TLanes.Multiply(b, VectorMath.LoadUpTo<TLanes, TVector>(weight + half + column, left));
            TVector cosine = VectorMath.LoadUpTo<TLanes, TVector>(cosines + column, left);
            TVector sine = VectorMath.LoadUpTo<TLanes, TVector>(sines + column, left);
            TVector first = TLanes.Subtract(TLanes.Multiply(a, cosine), TLanes.Multiply(b, sine));
            TVector second = TLanes.MultiplyAdd(b, cosine, TLanes.Multiply(a, sine));
            VectorMath.StoreUpTo<TLanes, TVector>(values + column, first, left);
            VectorMath.StoreUpTo<TLanes, TVector>(values + half + column, second, left);
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
            int left = width - column;
            TVector x = TLanes.Multiply(VectorMath.LoadUpTo<TLanes, TVector>(values + column, left), factors);
            x = TLanes.Multiply(x, VectorMath.LoadUpTo<TLanes, TVector>(weight + column, left));
            TVector crossed = TLanes.Multiply(TLanes.SwapPairs(x), VectorMath.LoadUpTo<TLanes, TVector>(sines + column, left));
            x = TLanes.MultiplyAdd(x, VectorMath.LoadUpTo<TLanes, TVector>(cosines + column, left), crossed);
            VectorMath.StoreUpTo<TLanes, TVector>(values + column, x, left);
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

        /// <summary>Columns per head.</summary>
        public int HeadDimension;

        /// <summary>Where the pairs lie.</summary>
        public RotaryLayout Layout;

        /// <summary>Rows per task.</summary>
        public int RowsPerTask;
    }
}
