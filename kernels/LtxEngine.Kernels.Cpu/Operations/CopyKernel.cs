namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>output = input.</summary>
internal static unsafe class CopyKernel
{
    /// <summary>Copies the rows of one task.</summary>
    public static void Run(void* arguments, int task, int worker)
    {
        ElementWiseJob* job = (ElementWiseJob*)arguments;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            new ReadOnlySpan<float>(job->Input.Row(row), job->Input.Columns).CopyTo(new Span<float>(job->Output.Row(row), job->Input.Columns));
        }
    }
}
