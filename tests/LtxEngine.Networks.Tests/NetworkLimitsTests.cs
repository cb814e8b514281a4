namespace LtxEngine.Networks.Tests;

public sealed class NetworkLimitsTests
{
    [Theory]
    [InlineData(100, 1e9, 100)]
    [InlineData(1000, 1e9, 64)]
    [InlineData(24576, 134_217_728, 704)]
    [InlineData(24576, 402_653_184, 192)]
    [InlineData(24576, 1e12, 64)]
    public void Rows_per_operation(int rows, double flopsPerRow, int expected) =>
        Assert.Equal(expected, NetworkLimits.Default.RowsPerOperation(rows, flopsPerRow));
}
