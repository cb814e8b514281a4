using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Weights;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>The arguments of a matrix product: one block of left-hand rows at a time is packed, then multiplied.</summary>
internal unsafe struct MatrixProductJob
{
    /// <summary>The left-hand rows, or the positions that a convolution gathers from.</summary>
    public RowsView Input;

    /// <summary>Extents of the volume, for a convolution.</summary>
    public VolumeShape Shape;

    /// <summary>Extents of the kernel, for a convolution; 1×1×1 otherwise.</summary>
    public ConvolutionExtents Kernel;

    /// <summary>Input.Columns zeros: what a convolution reads outside the volume.</summary>
    public float* Zeros;

    /// <summary>The packed left-hand block.</summary>
    public float* Left;

    /// <summary>First row of the block.</summary>
    public int FirstRow;

    /// <summary>Rows of the block.</summary>
    public int BlockRows;

    /// <summary>Left-hand panels of the block.</summary>
    public int RowPanels;

    /// <summary>Panels of the weight.</summary>
    public byte* Right;

    /// <summary>Bytes of one panel of the weight.</summary>
    public long RightPanelBytes;

    /// <summary>Bytes of one value of the weight as stored.</summary>
    public int RightValueBytes;

    /// <summary>The bf16 of each 8-bit value of the weight, or null where the weight is multiplied as it is stored.</summary>
    public ushort* WideningTable;

    /// <summary>Whether the rows are multiplied with 8-bit weights by <see cref="CodeRowsKernel"/>, where registers are wide enough.</summary>
    public bool MultipliesCodes;

    /// <summary>Words per stored row of a weight that is used where it lies; 0 where it lies in panels.</summary>
    public long BoundRowWords;

    /// <summary>Blocks of the weight's panels after widening or gathering, one area per worker.</summary>
    public byte* Widened;

    /// <summary>Bytes per worker in <see cref="Widened"/>.</summary>
    public long WidenedPerWorker;

    /// <summary>Bytes per panel in <see cref="Widened"/>.</summary>
    public long WidenedPerPanel;

    /// <summary>Right-hand panels.</summary>
    public int ColumnPanels;

    /// <summary>Values per row before padding.</summary>
    public int Depth;

    /// <summary>Values per row, padded to whole steps of the micro-kernel.</summary>
    public int PaddedDepth;

    /// <summary>Left-hand values in a word of 32 bits.</summary>
    public int ValuesPerWord;

    /// <summary>Words per left-hand row.</summary>
    public int LeftWords;

    /// <summary>The factor of each row of the block, when it is packed as bytes.</summary>
    public float* RowScales;

    /// <summary>The byte that 0 became in each row of the block, when it is packed as bytes.</summary>
    public int* RowZeros;

    /// <summary>One sum of signed bytes per output, padded to whole panels; null when the weight is not multiplied as bytes.</summary>
    public int* ColumnSums;

    /// <summary>Depth handled before moving to the next tile.</summary>
    public int DepthBlock;

    /// <summary>Left-hand panels per task.</summary>
    public int RowPanelsPerTask;

    /// <summary>Right-hand panels per task.</summary>
    public int ColumnPanelsPerTask;

    /// <summary>Tasks along the rows.</summary>
    public int RowTasks;

    /// <summary>Result tiles of one task, one area per worker.</summary>
    public float* Tiles;

    /// <summary>Values per worker in <see cref="Tiles"/>.</summary>
    public long TilesPerWorker;

    /// <summary>Compiled micro-kernels by tile height, index 1 … 14.</summary>
    public delegate*<float*, byte*, float*, int, int, byte*, void>* MicroKernels;

    /// <summary>Assembled micro-kernels by tile height, index 1 … 14, or null to use the compiled ones.</summary>
    public delegate* unmanaged[Cdecl, SuppressGCTransition]<float*, byte*, float*, int, int, byte*, void>* AssembledKernels;

    /// <summary>One value per output, padded to whole panels.</summary>
    public float* Bias;

    /// <summary>One factor per output, padded to whole panels.</summary>
    public float* Scale;

    /// <summary>Where the results go.</summary>
    public RowsView Output;

    /// <summary>Applied to product · scale + bias.</summary>
    public Activation Activation;

    /// <summary>Whether the result is added to the output.</summary>
    public bool Accumulate;

    /// <summary>Factor of the added result, or none.</summary>
    public RowVectorsView Gate;

    /// <summary>The norm of the left-hand rows.</summary>
    public RowNormalisation Norm;
}
