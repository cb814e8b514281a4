using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>y = x / √(mean(x²) + ε) · (1 + scale) + shift, row by row.</summary>
internal static unsafe class RmsNormModulateKernel
{
    /// <summary>Normalises the rows of one task.</summary>
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NormModulateJob* job = (NormModulateJob*)arguments;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            Row<TLanes, TVector>(job->Input.Row(row), job->Output.Row(row), job->Input.Columns, job->Epsilon, job->Scale.OfToken(row), job->Shift.OfToken(row));
        }
    }

    /// <summary>Normalises one row.</summary>
    /// <param name="input">The row.</param>
    /// <param name="output">The result; may be the input.</param>
    /// <param name="width">Its length.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="scale">A row, or null for 0.</param>
    /// <param name="shift">A row, or null for 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row<TLanes, TVector>(float* input, float* output, int width, float epsilon, float* scale, float* shift)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float mean = RowReduction.SumOfSquares<TLanes, TVector>(input, width) / width;
        float factor = 1f / MathF.Sqrt(mean + epsilon);
        Modulation.Apply<TLanes, TVector>(input, output, width, 0f, factor, scale, shift);
    }
}
