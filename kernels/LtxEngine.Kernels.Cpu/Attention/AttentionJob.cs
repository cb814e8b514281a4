using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Attention;

/// <summary>The arguments of attention: a group of key heads at a time is packed, then attended to.</summary>
internal unsafe struct AttentionJob
{
    /// <summary>[queries, heads·headDim].</summary>
    public RowsView Query;

    /// <summary>[keys, keyHeads·headDim].</summary>
    public RowsView Key;

    /// <summary>[keys, keyHeads·headDim].</summary>
    public RowsView Value;

    /// <summary>[queries, heads·headDim].</summary>
    public RowsView Output;

    /// <summary>Factor of the scores.</summary>
    public float Scale;

    /// <summary>Columns per head.</summary>
    public int HeadDimension;

    /// <summary>First key head of the group.</summary>
    public int FirstKeyHead;

    /// <summary>Query heads that share a key head.</summary>
    public int QueryHeadsPerKeyHead;

    /// <summary>The first key that each query sees, or null where all see all.</summary>
    public int* FirstKeys;

    /// <summary>The key behind the last that each query sees.</summary>
    public int* EndKeys;

    /// <summary>Blocks of keys.</summary>
    public int KeyBlocks;

    /// <summary>Height of the register tile.</summary>
    public int TileRows;

    /// <summary>Packed keys: per key head, per block, panels of keys [headDim][rows].</summary>
    public float* PackedKeys;

    /// <summary>Packed values: per key head, per block, panels of channels [keys, even][rows].</summary>
    public float* PackedValues;

    /// <summary>Values per key head in <see cref="PackedKeys"/> and <see cref="PackedValues"/>.</summary>
    public long PackedPerHead;

    /// <summary>Blocks of 32 queries per task.</summary>
    public int QueryBlocksPerTask;

    /// <summary>Tasks per query head.</summary>
    public int TasksPerHead;

    /// <summary>Working memory, one area per worker.</summary>
    public float* WorkerScratch;

    /// <summary>Values per worker in <see cref="WorkerScratch"/>.</summary>
    public long ScratchPerWorker;

    /// <summary>Values in a word of the depth: 1 fp32 or 2 bf16.</summary>
    public int ValuesPerWord;

    /// <summary>Compiled micro-kernels by tile height.</summary>
    public delegate*<float*, byte*, float*, int, int, byte*, void>* MicroKernels;

    /// <summary>Assembled micro-kernels by tile height, or null to use the compiled ones.</summary>
    public delegate* unmanaged[Cdecl, SuppressGCTransition]<float*, byte*, float*, int, int, byte*, void>* AssembledKernels;
}
