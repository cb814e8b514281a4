namespace LtxEngine.Kernels.Cpu.Memory;

/// <summary>
/// Working memory that the operations of one device share, one operation at a time. It grows to the largest request and is kept,
/// because touching fresh pages costs more than most operations do.
/// </summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private AlignedMemory? _memory;

    /// <summary>The bytes held.</summary>
    public long ByteLength => _memory?.ByteLength ?? 0;

    /// <summary>Gives memory with undefined content, valid until the next call.</summary>
    /// <param name="byteLength">Size in bytes.</param>
    public byte* Require(long byteLength)
    {
        if (_memory is null || _memory.ByteLength < byteLength)
        {
            _memory?.Dispose();
            _memory = null;
            _memory = new AlignedMemory(Math.Max(byteLength, 1), null);
        }

        return _memory.Pointer;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
