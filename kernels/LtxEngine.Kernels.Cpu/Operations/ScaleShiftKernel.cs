using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>output[r, c] = input[r, c]·scale[c] + shift[c].</summary>
internal static unsafe class ScaleShiftKernel
{
    /// <summary>Computes the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        ElementWiseJob* job = (ElementWiseJob*)arguments;
        int width = job->Input.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            float* output = job->Output.Row(row);
            for (int column = 0; column < width; column += TLanes.Count)
            {
                int left = width - column;
                TVector x = VectorMath.LoadUpTo<TLanes, TVector>(input + column, left);
                TVector scale = VectorMath.LoadUpTo<TLanes, TVector>(job->Scale + column, left);
                TVector y = TLanes.MultiplyAdd(x, scale, VectorMath.LoadUpTo<TLanes, TVector>(job->Shift + column, left));
                VectorMath.StoreUpTo<TLanes, TVector>(output + column, y, left);
            }
        }
    }
}
