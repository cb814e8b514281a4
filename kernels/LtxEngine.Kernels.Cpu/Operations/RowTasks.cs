namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>Cuts row-wise work into tasks. The cut depends on the sizes alone, never on the number of threads.</summary>
internal static class RowTasks
{
    // 64 KB of fp32: some microseconds of work, well above the cost of handing out a task.
    private const int ElementsPerTask = 16 * 1024;

    /// <summary>Rows per task.</summary>
    public static int RowsPerTask(int rows, int columns) => Math.Clamp(ElementsPerTask / columns, 1, Math.Max(1, rows));

    /// <summary>Number of tasks.</summary>
    public static int Count(int rows, int rowsPerTask) => (int)(((long)rows + rowsPerTask - 1) / rowsPerTask);
}
