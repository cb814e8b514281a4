namespace LtxEngine.Kernels.Cpu.Tests;

public sealed class CpuDeviceProviderTests
{
    [Fact]
    public void It_describes_and_starts_one_device()
    {
        CpuDeviceProvider provider = new();
        ComputeDeviceDescription description = Assert.Single(provider.Describe());
        Assert.Equal("cpu", provider.Kind);
        Assert.Contains(description.Details, detail => detail.Contains(CpuInstructionSets.Describe(CpuInstructionSets.Best), StringComparison.Ordinal));
        Assert.True(description.MemoryBytes > 0);
        using CpuComputeDevice byDefault = (CpuComputeDevice)provider.Create(0, 0, ComputePrecision.Single);
        Assert.Equal(Environment.ProcessorCount, byDefault.Threads);
        using CpuComputeDevice three = (CpuComputeDevice)provider.Create(0, 3, ComputePrecision.Single);
        Assert.Equal(3, three.Threads);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 1025)]
    public void It_refuses_what_is_not_there(int index, int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuDeviceProvider().Create(index, threads, ComputePrecision.Single));

    [Fact]
    public void Memory_that_the_system_refuses_is_reported_with_its_size()
    {
        using CpuComputeDevice device = new(1);
        OutOfDeviceMemoryException exception = Assert.Throws<OutOfDeviceMemoryException>(() => device.Allocate(long.MaxValue / 8));
        Assert.InRange(exception.RequestedBytes, long.MaxValue / 8 * 4, (long.MaxValue / 8 * 4) + 64);
        Assert.Equal(0, device.AllocatedBytes);
    }
}
