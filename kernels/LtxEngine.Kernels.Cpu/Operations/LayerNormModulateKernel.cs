using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>y = (x − mean) / √(variance + ε) · (1 + scale) + shift, row by row; the variance is taken around the mean in a second pass.</summary>
internal static unsafe class LayerNormModulateKernel
{
    /// <summary>Normalises the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NormModulateJob* job = (NormModulateJob*)arguments;
        int width = job->Input.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            float mean = RowReduction.Sum<TLanes, TVector>(input, width) / width;
            float variance = RowReduction.SumOfSquaredDifferences<TLanes, TVector>(input, width, mean) / width;
            float factor = 1f / MathF.Sqrt(variance + job->Epsilon);
            Modulation.Apply<TLanes, TVector>(input, job->Output.Row(row), width, mean, factor, job->Scale.OfToken(row), job->Shift.OfToken(row));
        }
    }
}
