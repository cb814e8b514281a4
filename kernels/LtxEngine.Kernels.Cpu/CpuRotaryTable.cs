using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// Cosines and sines as the rotation kernels read them, one row per token.
/// Split: width/2 cosines and width/2 sines, head after head, as given.
/// Interleaved: spread over the whole width, cosine of pair i at 2i and 2i + 1, sine with the sign of its use (−s at 2i, +s at 2i + 1),
/// so that y = x·cosine + swapped(x)·sine needs no lane to know where it stands.
/// </summary>
internal sealed unsafe class CpuRotaryTable : DeviceRotaryTable
{
    private readonly AlignedMemory _memory;

    /// <summary>Copies a table into the kernels' layout.</summary>
    public CpuRotaryTable(
        ReadOnlySpan<float> cosines,
        ReadOnlySpan<float> sines,
        int tokens,
        int width,
        int heads,
        RotaryLayout layout,
        MemoryAccount account)
        : base(tokens, width, heads, layout)
    {
        Columns = layout == RotaryLayout.Split ? width / 2 : width;
        long elements = (long)tokens * Columns;
        _memory = new AlignedMemory(checked(2 * elements * sizeof(float)), account);
        float* cosine = (float*)_memory.Pointer;
        float* sine = cosine + elements;
        for (int i = 0; i < cosines.Length; i++)
        {
            if (layout == RotaryLayout.Split)
            {
                cosine[i] = cosines[i];
                sine[i] = sines[i];
            }
            else
            {
                long pair = 2L * i;
                cosine[pair] = cosines[i];
                cosine[pair + 1] = cosines[i];
                sine[pair] = -sines[i];
                sine[pair + 1] = sines[i];
            }
        }
    }

    /// <summary>Values per token of each of the two tables.</summary>
    public int Columns { get; }

    /// <summary>The cosines, [tokens, <see cref="Columns"/>].</summary>
    public float* Cosines
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
            return (float*)_memory.Pointer;
        }
    }

    /// <summary>The sines, [tokens, <see cref="Columns"/>].</summary>
    public float* Sines => Cosines + ((long)Tokens * Columns);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _memory.Dispose();
        }
    }
}
