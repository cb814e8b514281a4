namespace LtxEngine.Tensors.Tests;

public sealed class NativeBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public unsafe void Memory_is_aligned_and_as_long_as_asked(long length)
    {
        using NativeBuffer buffer = new(length, isZeroed: true);
        Assert.Equal(0u, (nuint)buffer.Pointer % NativeBuffer.Alignment);
        Assert.Equal(length, buffer.ByteLength);
        Assert.Equal(new byte[length], buffer.AsSpan<byte>().ToArray());
    }

    [Fact]
    public void Elements_are_written_through_spans()
    {
        using NativeBuffer buffer = NativeBuffer.Allocate<float>(10);
        buffer.AsSpan<float>().Fill(2);
        buffer.AsSpan<float>(3, 2).Fill(5);
        Assert.Equal([2f, 2, 2, 5, 5, 2, 2, 2, 2, 2], buffer.AsSpan<float>().ToArray());
        Assert.True(buffer.AsSpan<float>(10, 0).IsEmpty);
    }

    [Fact]
    public void Ranges_outside_are_refused()
    {
        using NativeBuffer buffer = NativeBuffer.Allocate<float>(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<float>(9, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<float>(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<float>(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan<float>(long.MaxValue, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(-1));
        Assert.Throws<OverflowException>(() => NativeBuffer.Allocate<float>(long.MaxValue));
    }

    [Fact]
    public void A_freed_buffer_gives_no_memory()
    {
        NativeBuffer buffer = new(16);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<byte>().Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<byte>(0, 1).Length);
    }
}
