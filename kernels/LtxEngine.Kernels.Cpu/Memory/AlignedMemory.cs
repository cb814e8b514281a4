using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LtxEngine.Kernels.Cpu.Memory;

/// <summary>
/// One native allocation aligned to a cache line (which is also the width of the widest vector register). The owner disposes it;
/// a forgotten one is freed by the finalizer. Its size is added to, and on release taken from, the accounting of its device.
/// <para>
/// One more cache line is allocated behind the usable bytes, so that a kernel may load a whole register that starts at any usable value.
/// </para>
/// </summary>
internal sealed unsafe class AlignedMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>The alignment in bytes.</summary>
    public const int Alignment = 64;

    private readonly MemoryAccount? _account;

    /// <summary>Allocates memory with undefined content.</summary>
    /// <param name="byteLength">Size in bytes, ≥ 1; rounded up to the alignment.</param>
    /// <param name="account">Where the size is counted, or null.</param>
    /// <exception cref="OutOfDeviceMemoryException">The system refused the memory.</exception>
    public AlignedMemory(long byteLength, MemoryAccount? account)
        : base(ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(byteLength, 1);
        ByteLength = checked((byteLength + Alignment - 1) / Alignment * Alignment);
        void* address;
        try
        {
            address = NativeMemory.AlignedAlloc(checked((nuint)(ByteLength + Alignment)), Alignment);
        }
        catch (OutOfMemoryException exception)
        {
            throw new OutOfDeviceMemoryException("cpu", ByteLength, exception);
        }

        SetHandle((nint)address);
        _account = account;
        account?.Add(ByteLength);
    }

    /// <summary>The size in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (byte*)handle;
        }
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)ByteLength);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        _account?.Add(-ByteLength);
        return true;
    }
}
