namespace LtxEngine.Kernels.Cpu.Memory;

/// <summary>Counts the bytes that a device's buffers, weights and tables hold. Safe to use from finalizers.</summary>
internal sealed class MemoryAccount
{
    private long _bytes;

    /// <summary>The bytes in use.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Adds a signed number of bytes.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
