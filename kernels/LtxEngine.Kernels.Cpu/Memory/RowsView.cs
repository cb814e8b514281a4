namespace LtxEngine.Kernels.Cpu.Memory;

/// <summary>A <see cref="DeviceMatrix"/> resolved to addresses, as kernels see it. Valid while the buffer lives.</summary>
internal readonly unsafe struct RowsView
{
    /// <summary>Element (0, 0).</summary>
    public readonly float* Start;

    /// <summary>Elements from one row to the next.</summary>
    public readonly long Stride;

    /// <summary>Number of rows.</summary>
    public readonly int Rows;

    /// <summary>Number of columns.</summary>
    public readonly int Columns;

    /// <summary>Creates a view.</summary>
    public RowsView(float* start, long stride, int rows, int columns)
    {
        Start = start;
        Stride = stride;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>The first element of a row.</summary>
    public float* Row(int row) => Start + (row * Stride);
}
