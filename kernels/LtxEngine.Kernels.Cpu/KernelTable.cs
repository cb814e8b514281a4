using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels.Cpu.Attention;
using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Kernels.Cpu.Operations;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu;

/// <summary>
/// The kernels for one register width and precision, as plain function pointers: the only place where these are chosen.
/// </summary>
internal sealed unsafe class KernelTable : IDisposable
{
    /// <summary>In which numbers linear layers are multiplied: as wanted, or <see cref="ComputePrecision.Single"/> where the processor is no faster with bf16.</summary>
    public ComputePrecision Precision { get; private init; }

    /// <summary>Products with fp32 panels.</summary>
    public required ProductTactic Singles { get; init; }

    /// <summary>Products of fp32 rows with panels of bf16 pairs, which are widened.</summary>
    public required ProductTactic WidenedPairs { get; init; }

    /// <summary>Products of bf16 rows with panels of bf16 pairs; null where there are none or fp32 is wanted.</summary>
    public ProductTactic? BrainPairs { get; private init; }

    /// <summary>Products of bytes; null where there are none or floats are wanted.</summary>
    public ProductTactic? Bytes { get; private init; }

    /// <summary>The greatest 8-bit weight.</summary>
    public int WeightLimit { get; private init; } = sbyte.MaxValue;

    /// <summary><see cref="ByteQuantisation.Measure"/>.</summary>
    public delegate*<float*, int, float*, void> MeasureRange { get; private init; }

    /// <summary><see cref="ByteQuantisation.Quantise"/>.</summary>
    public delegate*<float*, int, float, float, float, float, byte*, void> QuantiseBytes { get; private init; }

    /// <summary><see cref="LeftPacking.PackBrain"/>.</summary>
    public delegate*<void*, int, int, void> PackBrain { get; private init; }

    /// <summary><see cref="LeftPacking.PackBytes"/>.</summary>
    public delegate*<void*, int, int, void> PackBytes { get; private init; }

    /// <summary><see cref="MatrixProductKernel.Multiply"/>.</summary>
    public delegate*<void*, int, int, void> Multiply { get; private init; }

    /// <summary><see cref="RowProduct.PackRow"/>.</summary>
    public delegate*<void*, int, int, void> PackRow { get; private init; }

    /// <summary><see cref="RowProduct.Multiply"/>.</summary>
    public delegate*<void*, int, int, void> MultiplyRow { get; private init; }

    /// <summary><see cref="AttentionKernel.PackBrainBlock"/>.</summary>
    public delegate*<void*, int, int, void> PackBrainBlock { get; private init; }

    /// <summary><see cref="AttentionKernel.Attend"/>.</summary>
    public delegate*<void*, int, int, void> Attend { get; private init; }

    /// <summary><see cref="RmsNormModulateKernel.Row"/>.</summary>
    public delegate*<float*, float*, int, float, float*, float*, void> NormaliseRow { get; private init; }

    /// <summary><see cref="RowAttention.Attend"/>.</summary>
    public delegate*<void*, int, int, void> AttendRow { get; private init; }

    /// <summary><see cref="RmsNormModulateKernel"/>.</summary>
    public delegate*<void*, int, int, void> RmsNormModulate { get; private init; }

    /// <summary><see cref="LayerNormModulateKernel"/>.</summary>
    public delegate*<void*, int, int, void> LayerNormModulate { get; private init; }

    /// <summary><see cref="RmsNormRotateKernel"/>.</summary>
    public delegate*<void*, int, int, void> RmsNormRotate { get; private init; }

    /// <summary><see cref="AddGatedKernel"/>.</summary>
    public delegate*<void*, int, int, void> AddGated { get; private init; }

    /// <summary><see cref="MultiplyKernel"/>.</summary>
    public delegate*<void*, int, int, void> Multiplied { get; private init; }

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

    /// <summary>The kernels for an instruction set and a precision.</summary>
    /// <param name="instructionSet">The instruction set.</param>
    /// <param name="precision">The precision.</param>
    /// <param name="allowsMachineCode">Whether micro-kernels may be assembled, with AVX-512.</param>
    public static KernelTable For(CpuInstructionSet instructionSet, ComputePrecision precision, bool allowsMachineCode) => instructionSet switch
    {
        CpuInstructionSet.Avx512 => CreateAvx512(precision, allowsMachineCode),
        CpuInstructionSet.Avx2 => CreateAvx2(precision),

        // Without an instruction for sums of products of bytes nothing is faster than fp32.
        _ => Create<Lanes128, Vector128<float>>(
            Compiled<Lanes128, Vector128<float>, WordElements<Lanes128, Vector128<float>>>(6, 1),
            Compiled<Lanes128, Vector128<float>, BrainPairElements<Lanes128, Vector128<float>>>(6, 1),
            precision == ComputePrecision.Int8 ? precision : ComputePrecision.Single,
            null,
            null,
            sbyte.MaxValue),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Singles.Dispose();
        WidenedPairs.Dispose();
        BrainPairs?.Dispose();
        Bytes?.Dispose();
    }

    private static KernelTable CreateAvx512(ComputePrecision precision, bool allowsMachineCode)
    {
        AssembledMicroKernels? singles = allowsMachineCode ? AssembledMicroKernels.For(MicroKernelKind.Singles) : null;
        AssembledMicroKernels? widened = allowsMachineCode ? AssembledMicroKernels.For(MicroKernelKind.WidenedPairs) : null;
        AssembledMicroKernels? pairs = allowsMachineCode && precision != ComputePrecision.Single ? AssembledMicroKernels.For(MicroKernelKind.BrainPairs) : null;
        AssembledMicroKernels? quads = allowsMachineCode && precision == ComputePrecision.Int8 ? AssembledMicroKernels.For(MicroKernelKind.ByteQuads) : null;
        ProductTactic? bytes = null;
        if (precision == ComputePrecision.Int8)
        {
            bytes = quads is null ? Compiled<ByteLanes512, Vector512<float>, WordElements<ByteLanes512, Vector512<float>>>(14, 4) : new ProductTactic(quads, 4);
        }

        return Create<Lanes512, Vector512<float>>(
            singles is null ? Compiled<Lanes512, Vector512<float>, WordElements<Lanes512, Vector512<float>>>(14, 1) : new ProductTactic(singles, 1),
            widened is null ? Compiled<Lanes512, Vector512<float>, BrainPairElements<Lanes512, Vector512<float>>>(14, 1) : new ProductTactic(widened, 1),
            precision == ComputePrecision.BrainFloat && pairs is null ? ComputePrecision.Single : precision,
            pairs is null ? null : new ProductTactic(pairs, 2),
            bytes,
            quads is null ? ByteLanes512.WeightLimit : sbyte.MaxValue);
    }

    private static KernelTable CreateAvx2(ComputePrecision precision)
    {
        bool isByte = precision == ComputePrecision.Int8;
        ProductTactic? bytes = !isByte ? null
            : AvxVnni.IsSupported ? Compiled<VnniByteLanes256, Vector256<float>, WordElements<VnniByteLanes256, Vector256<float>>>(6, 4)
            : Compiled<ByteLanes256, Vector256<float>, WordElements<ByteLanes256, Vector256<float>>>(6, 4);
        return Create<Lanes256, Vector256<float>>(
            Compiled<Lanes256, Vector256<float>, WordElements<Lanes256, Vector256<float>>>(6, 1),
            Compiled<Lanes256, Vector256<float>, BrainPairElements<Lanes256, Vector256<float>>>(6, 1),
            isByte ? precision : ComputePrecision.Single,
            null,
            bytes,
            AvxVnni.IsSupported ? sbyte.MaxValue : ByteLanes256.WeightLimit);
    }

    private static KernelTable Create<TLanes, TVector>(
        ProductTactic singles, ProductTactic widenedPairs, ComputePrecision precision, ProductTactic? pairs, ProductTactic? bytes, int weightLimit)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        return new KernelTable
        {
            Precision = precision,
            Singles = singles,
            WidenedPairs = widenedPairs,
            BrainPairs = pairs,
            Bytes = bytes,
            WeightLimit = weightLimit,
            MeasureRange = &ByteQuantisation.Measure<TLanes, TVector>,
            QuantiseBytes = &ByteQuantisation.Quantise<TLanes, TVector>,
            PackBrain = &LeftPacking.PackBrain<TLanes, TVector>,
            PackBytes = &LeftPacking.PackBytes<TLanes, TVector>,
            Multiply = &MatrixProductKernel.Multiply<TLanes, TVector>,
            PackRow = &RowProduct.PackRow<TLanes, TVector>,
            MultiplyRow = &RowProduct.Multiply<TLanes, TVector>,
            PackBrainBlock = &AttentionKernel.PackBrainBlock<TLanes, TVector>,
            Attend = &AttentionKernel.Attend<TLanes, TVector>,
            AttendRow = &RowAttention.Attend<TLanes, TVector>,
            NormaliseRow = &RmsNormModulateKernel.Row<TLanes, TVector>,
            RmsNormModulate = &RmsNormModulateKernel.Run<TLanes, TVector>,
            LayerNormModulate = &LayerNormModulateKernel.Run<TLanes, TVector>,
            RmsNormRotate = &RmsNormRotateKernel.Run<TLanes, TVector>,
            AddGated = &AddGatedKernel.Run<TLanes, TVector>,
            Multiplied = &MultiplyKernel.Run<TLanes, TVector>,
            AddRow = &ElementWiseKernel.Run<TLanes, TVector, AddRowFormula>,
            ScaleShift = &ElementWiseKernel.Run<TLanes, TVector, ScaleShiftFormula>,
            Silu = &ElementWiseKernel.Run<TLanes, TVector, SiluFormula>,
            GeluTanh = &ElementWiseKernel.Run<TLanes, TVector, GeluTanhFormula>,
            RoundToFloat8 = &ElementWiseKernel.Run<TLanes, TVector, RoundToFloat8Formula>,
            GroupNormMeasure = &GroupNormKernel.Measure<TLanes, TVector>,
            GroupNormNormalize = &GroupNormKernel.Normalize<TLanes, TVector>,
            BlurDown = &BlurDownKernel.Run<TLanes, TVector>,
        };
    }

    private static ProductTactic Compiled<TLanes, TVector, TElements>(int tileRows, int valuesPerWord)
        where TLanes : struct, IProductLanes<TVector>
        where TVector : unmanaged
        where TElements : struct, IPanelElements<TVector>
    {
        ProductTactic tactic = new(tileRows, valuesPerWord);
        delegate*<float*, byte*, float*, int, int, byte*, void>* kernels = tactic.MicroKernels;
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
        return tactic;
    }
}
