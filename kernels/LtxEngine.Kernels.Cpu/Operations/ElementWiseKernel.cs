using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>The loop of all operations that map one matrix onto another of the same shape.</summary>
internal static unsafe class ElementWiseKernel
{
    /// <summary>Computes the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TFormula>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TFormula : struct, IRowFormula
    {
        ElementWiseJob* job = (ElementWiseJob*)arguments;
        int width = job->Input.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            float* output = job->Output.Row(row);
            int column = 0;
            for (; column <= width - TLanes.Count; column += TLanes.Count)
            {
                TLanes.Store(output + column, TFormula.Compute<TLanes, TVector>(job, TLanes.Load(input + column), column));
            }

            if (column < width)
            {
                PartialVector.Store(output + column, TFormula.Compute<TLanes, TVector>(job, TLanes.Load(input + column), column), width - column);
            }
        }
    }
}
