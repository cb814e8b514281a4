namespace LtxEngine.Kernels.Tests;

public sealed class DeviceMatrixTests
{
    [Fact]
    public void Ranges_are_views_of_the_same_buffer()
    {
        FakeBuffer buffer = new(100);
        DeviceMatrix matrix = new(buffer, 3, 5, 7, 10);
        DeviceMatrix part = matrix.RowRange(1, 3).ColumnRange(2, 4);
        Assert.Equal(new DeviceMatrix(buffer, 3 + 10 + 2, 3, 4, 10), part);
        Assert.Equal(new DeviceMatrix(buffer, 0, 9, 11, 11), buffer.AsMatrix(9, 11));
    }

    [Theory]
    [InlineData(-1, 1, 1, 1)]
    [InlineData(0, -1, 1, 1)]
    [InlineData(0, 1, 0, 1)]
    [InlineData(0, 1, 5, 4)]
    [InlineData(0, 11, 10, 10)]
    [InlineData(1, 10, 10, 10)]
    [InlineData(101, 0, 1, 1)]
    [InlineData(0, int.MaxValue, int.MaxValue, int.MaxValue)]
    public void Views_stay_inside_their_buffer(long offset, int rows, int columns, int stride) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceMatrix(new FakeBuffer(100), offset, rows, columns, stride));

    [Fact]
    public void Ranges_stay_inside_their_view()
    {
        DeviceMatrix matrix = new FakeBuffer(100).AsMatrix(10, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.RowRange(8, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.RowRange(-1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ColumnRange(int.MaxValue, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ColumnRange(0, 0));
    }

    /// <summary>Compares with the sets of elements themselves.</summary>
    [Fact]
    public void Overlap_is_never_missed_and_parts_of_one_product_are_apart()
    {
        FakeBuffer buffer = new(40);
        List<DeviceMatrix> views = [];
        foreach (int stride in new[] { 4, 5 })
        {
            for (int offset = 0; offset < 12; offset++)
            {
                for (int rows = 0; rows <= 3; rows++)
                {
                    for (int columns = 1; columns <= stride; columns++)
                    {
                        views.Add(new DeviceMatrix(buffer, offset, rows, columns, stride));
                    }
                }
            }
        }

        foreach (DeviceMatrix a in views)
        {
            foreach (DeviceMatrix b in views)
            {
                bool truth = (Elements(a) & Elements(b)) != 0;
                bool answer = a.Overlaps(b);
                Assert.True(answer || !truth, $"{a} and {b} share elements.");
                Assert.Equal(answer, b.Overlaps(a));
            }
        }

        // The parts of a merged product are apart.
        DeviceMatrix merged = new FakeBuffer(120).AsMatrix(10, 12);
        Assert.False(merged.ColumnRange(0, 4).Overlaps(merged.ColumnRange(4, 8)));
        Assert.False(merged.ColumnRange(4, 4).Overlaps(merged.ColumnRange(0, 4)));
        Assert.True(merged.ColumnRange(0, 5).Overlaps(merged.ColumnRange(4, 8)));
        Assert.False(merged.RowRange(0, 5).Overlaps(merged.RowRange(5, 5)));
        Assert.False(merged.Overlaps(new FakeBuffer(120).AsMatrix(10, 12)));
    }

    private static ulong Elements(DeviceMatrix view)
    {
        ulong elements = 0;
        for (int r = 0; r < view.Rows; r++)
        {
            for (int c = 0; c < view.Columns; c++)
            {
                elements |= 1UL << (int)(view.Offset + (r * view.RowStride) + c);
            }
        }

        return elements;
    }

    private sealed class FakeBuffer(long length) : DeviceBuffer(length)
    {
        protected override void Dispose(bool disposing)
        {
        }
    }
}
