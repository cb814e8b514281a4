using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Networks.Tests;

public sealed class TimestepRowsTests
{
    private static readonly StreamStructure Stream = new(8, 1, 4, 4, 4, 16, 4, [20]);

    [Fact]
    public void Rows_are_the_distinct_values_in_order_of_appearance()
    {
        using CpuComputeDevice device = new(1);
        Prop.ForAll(
            Gen.ListOf(Gen.Elements(0f, 0.125f, 0.25f, 0.5f, 1f), 20).ToArbitrary(),
            values =>
            {
                float[] timesteps = [.. values];
                using TimestepRows rows = new(device, Stream, timesteps.Length, 6);
                return rows.Update(timesteps)
                    && rows.Distinct.SequenceEqual(timesteps.Distinct().ToArray())
                    && (rows.RowOfToken is null) == (rows.Count == 1)
                    && (rows.RowOfToken is null || rows.RowOfToken.Count == timesteps.Length);
            }).QuickCheckThrowOnFailure();
        Assert.Equal(0, device.AllocatedBytes);
    }

    [Fact]
    public void Completed_rows_are_kept_until_the_values_change()
    {
        using CpuComputeDevice device = new(1);
        using TimestepRows rows = new(device, Stream, 3, 6);
        Assert.True(rows.Update([0.5f, 0, 0.5f]));
        Assert.True(rows.Update([0.5f, 0, 0.5f]));
        rows.Complete();
        Assert.False(rows.Update([0.5f, 0, 0.5f]));
        Assert.False(rows.Update([0.5f, 0, 0]));
        Assert.True(rows.Update([0.25f, 0, 0]));
        Assert.True(rows.Update([0.5f, 0, 0.5f]));
    }

    [Fact]
    public void Memory_grows_with_the_distinct_values()
    {
        using CpuComputeDevice device = new(1);
        float[] timesteps = [.. Enumerable.Range(0, 100).Select(i => i / 100f)];
        using TimestepRows rows = new(device, Stream, timesteps.Length, 11);
        rows.Update(timesteps);
        Assert.Equal(100, rows.Count);
        Assert.Equal((100, 88), (rows.Modulation.Rows, rows.Modulation.Columns));
        Assert.Equal(timesteps, rows.Distinct.ToArray());
    }
}
