namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// The shapes that all matrix products share. The right-hand matrix lies in panels of 32 columns, whatever the register width: two
/// registers of AVX-512, so AVX2 and 128-bit kernels go over a panel in two or four strips. The left-hand matrix lies in panels of
/// up to <c>rows</c> rows (the height of the register tile) in which one step of the depth is contiguous.
/// </summary>
internal static class Panel
{
    /// <summary>Columns of a right-hand panel and of a result tile.</summary>
    public const int Columns = 32;

    /// <summary>The tallest register tile of any kernel.</summary>
    public const int MaximumRows = 14;

    /// <summary>Number of right-hand panels for a number of columns.</summary>
    public static int ColumnPanels(int columns) => (int)(((long)columns + Columns - 1) / Columns);

    /// <summary>Number of left-hand panels for a number of rows.</summary>
    public static int RowPanels(int rows, int tileRows) => (int)(((long)rows + tileRows - 1) / tileRows);

    /// <summary>
    /// The first row of a panel when the rows are spread evenly: 64 rows in five panels are 13, 13, 13, 13, 12 rather than
    /// 14, 14, 14, 14, 8, because a short tile costs nearly as much as a full one.
    /// </summary>
    public static int FirstRow(int panel, int panels, int rows) => (panel * (rows / panels)) + Math.Min(panel, rows % panels);

    /// <summary>The number of rows of a panel.</summary>
    public static int RowsOf(int panel, int panels, int rows) => (rows / panels) + (panel < rows % panels ? 1 : 0);
}
