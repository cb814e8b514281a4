using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>How panels of one kind are multiplied: with which micro-kernels, and what these expect of the left-hand side.</summary>
internal sealed unsafe class ProductTactic : IDisposable
{
    // 14 rows · 512 words · 4 bytes = 28 KB: a left-hand block fills most of a 32 KB first-level cache.
    private const int WordsPerBlock = 512;

    private readonly AlignedMemory? _table;

    /// <summary>Creates a tactic of compiled micro-kernels; the creator fills <see cref="MicroKernels"/>.</summary>
    /// <param name="tileRows">Height of the register tile.</param>
    /// <param name="valuesPerWord">Left-hand values in a word of 32 bits: 1 fp32, or 4 bytes.</param>
    public ProductTactic(int tileRows, int valuesPerWord)
    {
        TileRows = tileRows;
        ValuesPerWord = valuesPerWord;
        _table = new AlignedMemory((Panel.MaximumRows + 1) * sizeof(nint), null);
        _table.Clear();
        MicroKernels = (delegate*<float*, byte*, float*, int, int, byte*, void>*)_table.Pointer;
    }

    /// <summary>Creates a tactic of assembled micro-kernels.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="valuesPerWord">Left-hand values in a word of 32 bits: 1 fp32, 2 bf16 or 4 bytes.</param>
    public ProductTactic(AssembledMicroKernels kernels, int valuesPerWord)
    {
        TileRows = Panel.MaximumRows;
        ValuesPerWord = valuesPerWord;
        AssembledKernels = kernels.Table;
    }

    /// <summary>The height of the register tile.</summary>
    public int TileRows { get; }

    /// <summary>Left-hand values in a word of 32 bits: 1 fp32, 2 bf16 or 4 bytes.</summary>
    public int ValuesPerWord { get; }

    /// <summary>Values of the depth that are summed in registers before they are added to the tile; part of what a result is.</summary>
    public int DepthBlock => WordsPerBlock * ValuesPerWord;

    /// <summary>Compiled micro-kernels, index 1 … <see cref="TileRows"/>; null where <see cref="AssembledKernels"/> are used.</summary>
    public delegate*<float*, byte*, float*, int, int, byte*, void>* MicroKernels { get; }

    /// <summary>Assembled micro-kernels, index 1 … <see cref="TileRows"/>; null where <see cref="MicroKernels"/> are used.</summary>
    public delegate* unmanaged[Cdecl, SuppressGCTransition]<float*, byte*, float*, int, int, byte*, void>* AssembledKernels { get; }

    /// <inheritdoc/>
    public void Dispose() => _table?.Dispose();
}
