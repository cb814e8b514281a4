using System.Runtime.InteropServices;

namespace LtxEngine.Tensors;

/// <summary>
/// Native memory that starts at a multiple of <see cref="Alignment"/> bytes, larger than an array may be, freed on <see cref="SafeHandle.Dispose()"/>
/// or, if that was forgotten, by the finalizer. The contents are not initialised unless asked for.
/// </summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    /// <summary>The alignment in bytes: a cache line and the widest vector register.</summary>
    public const int Alignment = 64;

    /// <summary>Allocates memory.</summary>
    /// <param name="byteLength">Number of bytes, at least 0.</param>
    /// <param name="isZeroed">Whether the memory is set to zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public NativeBuffer(long byteLength, bool isZeroed = false)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ByteLength = byteLength;

        // An empty buffer still owns a valid address, so that its pointer and span are as usable as any.
        nuint size = checked((nuint)Math.Max(byteLength, 1));
        void* memory = NativeMemory.AlignedAlloc(size, Alignment);
        SetHandle((nint)memory);
        if (isZeroed)
        {
            NativeMemory.Clear(memory, size);
        }

        if (byteLength > 0)
        {
            GC.AddMemoryPressure(byteLength);
        }
    }

    /// <summary>The number of bytes.</summary>
    public long ByteLength { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The first byte. Valid until the buffer is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was freed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (byte*)handle;
        }
    }

    /// <summary>Allocates memory for a number of elements.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="isZeroed">Whether the memory is set to zero.</param>
    /// <exception cref="OverflowException">The size in bytes does not fit 63 bits.</exception>
    public static NativeBuffer Allocate<T>(long count, bool isZeroed = false)
        where T : unmanaged => new(checked(count * sizeof(T)), isZeroed);

    /// <summary>The whole buffer as elements.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <exception cref="ObjectDisposedException">The buffer was freed.</exception>
    /// <exception cref="OverflowException">There are more than 2³¹−1 elements: take a part.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(Pointer, checked((int)(ByteLength / sizeof(T))));

    /// <summary>Some elements of the buffer.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="start">The first element.</param>
    /// <param name="count">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was freed.</exception>
    public Span<T> AsSpan<T>(long start, int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, (ByteLength / sizeof(T)) - count);
        return new Span<T>(Pointer + (start * sizeof(T)), count);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        if (ByteLength > 0)
        {
            GC.RemoveMemoryPressure(ByteLength);
        }

        return true;
    }
}
