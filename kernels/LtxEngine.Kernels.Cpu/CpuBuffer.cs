using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu;

/// <summary>fp32 memory of a <see cref="CpuComputeDevice"/>: 64-byte aligned native memory that outlives the device until disposed.</summary>
internal sealed unsafe class CpuBuffer : DeviceBuffer
{
    private readonly AlignedMemory _memory;

    /// <summary>Allocates memory.</summary>
    /// <param name="device">The device that it belongs to.</param>
    /// <param name="length">Number of elements, ≥ 1.</param>
    /// <param name="account">Where its size is counted.</param>
    public CpuBuffer(CpuComputeDevice device, long length, MemoryAccount account)
        : base(length)
    {
        Device = device;
        _memory = new AlignedMemory(checked(length * sizeof(float)), account);
    }

    /// <summary>The device that it belongs to.</summary>
    public CpuComputeDevice Device { get; }

    /// <summary>The first element.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public float* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
            return (float*)_memory.Pointer;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _memory.Dispose();
        }
    }
}
