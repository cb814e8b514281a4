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

    /// <summary>Bytes of two steps of the depth in a panel of the weight.</summary>
    public int RightPairBytes;

    /// <summary>Right-hand panels.</summary>
    public int ColumnPanels;

    /// <summary>Values per row before padding to even.</summary>
    public int Depth;

    /// <summary>Values per row, even.</summary>
    public int PaddedDepth;

    /// <summary>Depth handled before moving to the next tile, even.</summary>
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

    /// <summary>Micro-kernels by tile height, index 1 … 14.</summary>
    public delegate*<float*, byte*, float*, int, int, void>* MicroKernels;

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
}
