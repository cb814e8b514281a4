using System.Runtime.Intrinsics;
using LtxEngine.Kernels.Cpu.Attention;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Operations;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// The kernels compiled for one register width, as plain function pointers: the only place where a width is chosen.
/// </summary>
internal sealed unsafe class KernelTable : IDisposable
{
    private readonly AlignedMemory _microKernels;

    private KernelTable(int tileRows)
    {
        TileRows = tileRows;
        _microKernels = new AlignedMemory(2 * (Panel.MaximumRows + 1) * sizeof(nint), null);
        _microKernels.Clear();
        BrainMicroKernels = (delegate*<float*, byte*, float*, int, int, void>*)_microKernels.Pointer;
        SingleMicroKernels = BrainMicroKernels + Panel.MaximumRows + 1;
    }

    /// <summary>The height of the register tile.</summary>
    public int TileRows { get; }

    /// <summary>Micro-kernels for bf16 weights; index 1 … <see cref="TileRows"/>.</summary>
    public delegate*<float*, byte*, float*, int, int, void>* BrainMicroKernels { get; }

    /// <summary>Micro-kernels for fp32 weights; index 1 … <see cref="TileRows"/>.</summary>
    public delegate*<float*, byte*, float*, int, int, void>* SingleMicroKernels { get; }

    /// <summary><see cref="MatrixProductKernel.Multiply"/>.</summary>
    public delegate*<void*, int, int, void> Multiply { get; private init; }

    /// <summary><see cref="AttentionKernel.Attend"/>.</summary>
    public delegate*<void*, int, int, void> Attend { get; private init; }

    /// <summary><see cref="RmsNormModulateKernel"/>.</summary>
    public delegate*<void*, int, int, void> RmsNormModulate { get; private init; }

    /// <summary><see cref="LayerNormModulateKernel"/>.</summary>
    public delegate*<void*, int, int, void> LayerNormModulate { get; private init; }

    /// <summary><see cref="RmsNormRotateKernel"/>.</summary>
    public delegate*<void*, int, int, void> RmsNormRotate { get; private init; }

    /// <summary><see cref="AddGatedKernel"/>.</summary>
    public delegate*<void*, int, int, void> AddGated { get; private init; }

    /// <summary><see cref="AddRowFormula"/>.</summary>
    public delegate*<void*, int, int, void> AddRow { get; private init; }

    /// <summary><see cref="ScaleShiftFormula"/>.</summary>
    public delegate*<void*, int, int, void> ScaleShift { get; private init; }

    /// <summary><see cref="SiluFormula"/>.</summary>
    public delegate*<void*, int, int, void> Silu { get; private init; }

    /// <summary><see cref="GeluTanhFormula"/>.</summary>
    public delegate*<void*, int, int, void> GeluTanh { get; private init; }

    /// <summary><see cref="RoundToFloat8Formula"/>.</summary>
    public delegate*<void*, int, int, void> RoundToFloat8 { get; private init; }

    /// <summary><see cref="GroupNormKernel.Measure"/>.</summary>
    public delegate*<void*, int, int, void> GroupNormMeasure { get; private init; }

    /// <summary><see cref="GroupNormKernel.Normalize"/>.</summary>
    public delegate*<void*, int, int, void> GroupNormNormalize { get; private init; }

    /// <summary><see cref="BlurDownKernel"/>.</summary>
    public delegate*<void*, int, int, void> BlurDown { get; private init; }

    /// <summary>The kernels for an instruction set.</summary>
    public static KernelTable For(CpuInstructionSet instructionSet) => instructionSet switch
    {
        CpuInstructionSet.Avx512 => Create<Lanes512, Vector512<float>>(14),
        CpuInstructionSet.Avx2 => Create<Lanes256, Vector256<float>>(6),
        _ => Create<Lanes128, Vector128<float>>(6),
    };

    /// <inheritdoc/>
    public void Dispose() => _microKernels.Dispose();

    private static KernelTable Create<TLanes, TVector>(int tileRows)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        KernelTable table = new(tileRows)
        {
            Multiply = &MatrixProductKernel.Multiply<TLanes, TVector>,
            Attend = &AttentionKernel.Attend<TLanes, TVector>,
            RmsNormModulate = &RmsNormModulateKernel.Run<TLanes, TVector>,
            LayerNormModulate = &LayerNormModulateKernel.Run<TLanes, TVector>,
            RmsNormRotate = &RmsNormRotateKernel.Run<TLanes, TVector>,
            AddGated = &AddGatedKernel.Run<TLanes, TVector>,
            AddRow = &ElementWiseKernel.Run<TLanes, TVector, AddRowFormula>,
            ScaleShift = &ElementWiseKernel.Run<TLanes, TVector, ScaleShiftFormula>,
            Silu = &ElementWiseKernel.Run<TLanes, TVector, SiluFormula>,
            GeluTanh = &ElementWiseKernel.Run<TLanes, TVector, GeluTanhFormula>,
            RoundToFloat8 = &ElementWiseKernel.Run<TLanes, TVector, RoundToFloat8Formula>,
            GroupNormMeasure = &GroupNormKernel.Measure<TLanes, TVector>,
            GroupNormNormalize = &GroupNormKernel.Normalize<TLanes, TVector>,
            BlurDown = &BlurDownKernel.Run<TLanes, TVector>,
        };
        FillMicroKernels<TLanes, TVector, BrainPairElements>(table.BrainMicroKernels);
        FillMicroKernels<TLanes, TVector, SingleElements>(table.SingleMicroKernels);
        return table;
    }

    private static void FillMicroKernels<TLanes, TVector, TElements>(delegate*<float*, byte*, float*, int, int, void>* kernels)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TElements : struct, IPanelElements
    {
        kernels[1] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows1, TElements>;
        kernels[2] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows2, TElements>;
        kernels[3] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows3, TElements>;
        kernels[4] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows4, TElements>;
        kernels[5] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows5, TElements>;
        kernels[6] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows6, TElements>;
        kernels[7] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows7, TElements>;
        kernels[8] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows8, TElements>;
        kernels[9] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows9, TElements>;
        kernels[10] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows10, TElements>;
        kernels[11] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows11, TElements>;
        kernels[12] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows12, TElements>;
        kernels[13] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows13, TElements>;
        kernels[14] = &MicroKernel.Run<TLanes, TVector, RowCounts.Rows14, TElements>;
    }
}
