using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks.Tests;

/// <summary>The tiled order of block scales (checkpoint.md §6.2); the values are proved by the reference cases.</summary>
public sealed class WeightDequantiserTests
{
    [Theory]
    [InlineData(0, 0, 8, 0)]
    [InlineData(0, 3, 8, 3)]
    [InlineData(1, 0, 8, 16)]
    [InlineData(31, 1, 8, 497)]
    [InlineData(32, 0, 8, 4)]
    [InlineData(127, 3, 8, 511)]
    [InlineData(0, 4, 8, 512)]
    [InlineData(128, 0, 8, 1024)]
    [InlineData(130, 5, 8, 1569)]
    public void Scale_index(int row, int column, int columns, int expected) =>
        Assert.Equal(expected, WeightDequantiser.ScaleIndex(row, column, columns));

    [Fact]
    public void Every_scale_of_a_tile_has_its_own_place()
    {
        HashSet<int> places = [];
        for (int row = 0; row < 256; row++)
        {
            for (int column = 0; column < 8; column++)
            {
                places.Add(WeightDequantiser.ScaleIndex(row, column, 8));
            }
        }

        Assert.Equal(2048, places.Count);
        Assert.Equal(2047, places.Max());
    }
}
