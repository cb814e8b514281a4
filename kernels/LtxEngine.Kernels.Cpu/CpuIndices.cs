using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu;

/// <summary>The row index of each token in native memory.</summary>
internal sealed unsafe class CpuIndices : DeviceIndices
{
    private readonly AlignedMemory _memory;

    /// <summary>Copies indices.</summary>
    /// <param name="rowOfToken">One index ≥ 0 per token.</param>
    /// <param name="maximum">The largest of them.</param>
    /// <param name="account">Where the size is counted.</param>
    public CpuIndices(ReadOnlySpan<int> rowOfToken, int maximum, MemoryAccount account)
        : base(rowOfToken.Length, maximum)
    {
        _memory = new AlignedMemory(Math.Max(1, (long)rowOfToken.Length * sizeof(int)), account);
        rowOfToken.CopyTo(new Span<int>(_memory.Pointer, rowOfToken.Length));
    }

    /// <summary>The first index.</summary>
    /// <exception cref="ObjectDisposedException">The indices were disposed.</exception>
    public int* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
            return (int*)_memory.Pointer;
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
