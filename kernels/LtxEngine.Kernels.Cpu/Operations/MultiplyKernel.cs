using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>output = input ∘ factor.</summary>
internal static unsafe class MultiplyKernel
{
    /// <summary>Computes the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        int width = job->Input.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            float* factor = job->Factor.Row(row);
            float* output = job->Output.Row(row);
            int column = 0;
            for (; column <= width - TLanes.Count; column += TLanes.Count)
            {
                TLanes.Store(output + column, TLanes.Multiply(TLanes.Load(input + column), TLanes.Load(factor + column)));
            }

            if (column < width)
            {
                PartialVector.Store(output + column, TLanes.Multiply(TLanes.Load(input + column), TLanes.Load(factor + column)), width - column);
            }
        }
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>Read.</summary>
        public RowsView Input;

        /// <summary>Read.</summary>
        public RowsView Factor;

        /// <summary>Written; may be either of the others.</summary>
        public RowsView Output;

        /// <summary>Rows per task.</summary>
        public int RowsPerTask;
    }
}
