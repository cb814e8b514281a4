namespace LtxEngine.Kernels.Tests;

public sealed class VolumeShapeTests
{
    [Fact]
    public void Positions_are_the_product_of_the_extents()
    {
        Assert.Equal(24, new VolumeShape(2, 3, 4).Positions);
        Assert.Throws<OverflowException>(() => new VolumeShape(1 << 11, 1 << 11, 1 << 11).Positions);
    }
}
