namespace LtxEngine.Networks;

/// <summary>Bounds that keep one device operation short, so that cancellation is noticed soon.</summary>
/// <param name="MaxOperationFlops">
/// The largest number of floating-point operations asked of a device at once; longer products and attentions are asked in pieces of
/// rows. The pieces depend on shapes only, never on threads, so results stay reproducible.
/// </param>
internal sealed record NetworkLimits(double MaxOperationFlops)
{
    /// <summary>Pieces of 0.1 TFLOP: about a second on two CPU cores, 0.2 ms on a data-centre GPU.</summary>
    public static NetworkLimits Default { get; } = new(1e11);

    /// <summary>How many rows of a given cost fit one operation.</summary>
    /// <param name="rows">Rows in all.</param>
    /// <param name="flopsPerRow">Cost of a row.</param>
    /// <returns>A multiple of 64, or all rows.</returns>
    public int RowsPerOperation(int rows, double flopsPerRow)
    {
        double fitting = MaxOperationFlops / Math.Max(1, flopsPerRow);
        return fitting >= rows ? rows : Math.Max(64, (int)fitting / 64 * 64);
    }
}
