using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    [Fact]
    public void Allocated_bytes_follow_buffers_and_weights()
    {
        using IComputeDevice device = CreateDevice(1);
        long start = device.AllocatedBytes;
        DeviceBuffer buffer = device.Allocate(1000);
        Assert.InRange(device.AllocatedBytes - start, 4000, 4000 + 4096);
        StoredTensorData tensor = new(DataType.BFloat16, TestRandom.Values(1, 64 * 100), 64, 100);
        long before = device.AllocatedBytes;
        IDeviceWeight weight = device.PrepareLinear([new LinearPart(tensor, null)]);
        Assert.Equal(weight.ByteLength, device.AllocatedBytes - before);

        // bf16 stays bf16: 12,800 bytes of weights, 256 of bias.
        Assert.InRange(weight.ByteLength, 12_800, 12_800 + 1024);
        DeviceIndices indices = device.CreateIndices([1, 2, 3]);
        DeviceRotaryTable table = device.CreateRotaryTable(new float[8], new float[8], 2, 8, 2, RotaryLayout.Interleaved);
        Assert.Equal(3, indices.Count);
        Assert.Equal(3, indices.Maximum);
        Assert.Equal((2, 8, 2), (table.Tokens, table.Width, table.Heads));
        foreach (IDisposable owned in new IDisposable[] { buffer, weight, indices, table })
        {
            owned.Dispose();
            owned.Dispose();
        }

        Assert.Equal(start, device.AllocatedBytes);
    }

    [Fact]
    public void What_was_disposed_cannot_be_used()
    {
        using DeviceUnderTest test = Start();
        IComputeDevice device = test.Device;
        StoredTensorData tensor = new(DataType.BFloat16, TestRandom.Values(1, 16), 4, 4);
        IDeviceWeight weight = device.PrepareLinear([new LinearPart(tensor, null)]);
        DeviceIndices indices = device.CreateIndices([0, 0]);
        DeviceRotaryTable table = device.CreateRotaryTable(new float[4], new float[4], 2, 4, 1, RotaryLayout.Split);
        DeviceMatrix input = test.Place(TestRandom.Values(2, 8), 2, 4);
        DeviceMatrix output = test.Place(2, 4);
        DeviceBuffer buffer = device.Allocate(8);
        DeviceMatrix gone = buffer.AsMatrix(2, 4);
        buffer.Dispose();
        weight.Dispose();
        indices.Dispose();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Linear(input, weight, output, LinearEpilogue.Store));
        Assert.Throws<ObjectDisposedException>(() => device.Copy(gone, output));
        Assert.Throws<ObjectDisposedException>(() => device.Copy(input, gone));
        Assert.Throws<ObjectDisposedException>(() => device.Upload(new float[8], gone));
        Assert.Throws<ObjectDisposedException>(() => device.Download(gone, new float[8]));
        Assert.Throws<ObjectDisposedException>(() => device.AddGated(output, input, new RowVectors(input, indices)));
        Assert.Throws<ObjectDisposedException>(() => device.RmsNormRotate(output, input.RowRange(0, 1), 1e-6f, table));
        Assert.True(test.IsUntouched(output));
    }

    [Fact]
    public void A_disposed_device_leaves_its_buffers_disposable()
    {
        IComputeDevice device = CreateDevice(2);
        DeviceBuffer buffer = device.Allocate(64);
        StoredTensorData tensor = new(DataType.BFloat16, TestRandom.Values(1, 16), 4, 4);
        IDeviceWeight weight = device.PrepareLinear([new LinearPart(tensor, null)]);
        device.Dispose();
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Allocate(1));
        Assert.Throws<ObjectDisposedException>(device.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => device.Copy(buffer.AsMatrix(2, 4), buffer.AsMatrix(2, 4)));
        Assert.Throws<ObjectDisposedException>(() => device.Upload(new float[64], buffer.AsMatrix(8, 8)));
        Assert.Throws<ObjectDisposedException>(() => device.CreateIndices([1]));
        Assert.Throws<ObjectDisposedException>(() => device.PrepareLinear([new LinearPart(tensor, null)]));
        buffer.Dispose();
        weight.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
    }
}
