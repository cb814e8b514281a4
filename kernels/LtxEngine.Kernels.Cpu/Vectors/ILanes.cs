namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>
/// fp32 arithmetic at one register width. Kernels are written once against it as generic methods; the runtime compiles them
/// separately for each implementation, with every call below turned into one or two instructions.
/// A "lane" is one fp32 number of a register; every operation acts on all lanes alike.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ILanes<TVector> : IProductLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>a − b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a · b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b, correctly rounded.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>The larger of a and b; which one when a lane is NaN is up to the processor.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller of a and b; which one when a lane is NaN is up to the processor.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract TVector Round(TVector value);

    /// <summary>2ⁿ for integral n in −126 … 127, made by writing n into the exponent bits.</summary>
    static abstract TVector PowerOfTwo(TVector n);

    /// <summary>value · 2ⁿ for integral n in −126 … 127 and results in the normal range.</summary>
    static abstract TVector Scale(TVector value, TVector n);

    /// <summary>The largest power of two that is not above |value|; 0 below the normal range.</summary>
    static abstract TVector PowerOfTwoBelow(TVector value);

    /// <summary>In every lane <paramref name="value"/> where <paramref name="test"/> is a number, else <paramref name="test"/> (a NaN).</summary>
    static abstract TVector KeepNaN(TVector test, TVector value);

    /// <summary>Exchanges lanes 2i and 2i + 1.</summary>
    static abstract TVector SwapPairs(TVector value);

    /// <summary>The sum of all lanes, in a fixed order (halves are folded onto each other).</summary>
    static abstract float Sum(TVector value);

    /// <summary>The least lane; which one when a lane is NaN is up to the processor.</summary>
    static abstract float Least(TVector value);

    /// <summary>The greatest lane; which one when a lane is NaN is up to the processor.</summary>
    static abstract float Greatest(TVector value);

    /// <summary>
    /// From Count words of two bf16 values the lower one of each as fp32. A bf16 is the upper half of an fp32,
    /// so the lower value only has to be shifted up.
    /// </summary>
    static abstract TVector WidenLower(uint* pairs);

    /// <summary>From Count words of two bf16 values the upper one of each as fp32: it is in place already.</summary>
    static abstract TVector WidenUpper(uint* pairs);

    /// <summary>
    /// Rounds 2·Count consecutive values to bf16 (to the nearest, ties to even; NaN stays NaN) and writes them as Count words of two,
    /// the first of two in the lower half.
    /// </summary>
    static abstract void StoreBrainPairs(uint* pairs, float* values);

    /// <summary>Rounds Count values of two rows to bf16 and writes Count words, the first row in the lower halves.</summary>
    static abstract void StoreBrainRows(uint* pairs, TVector first, TVector second);

    /// <summary>
    /// As <see cref="StoreBrainRows"/> for numbers in 0 … 1, ties away from 0, which takes a third of the instructions; what becomes of NaN is open.
    /// </summary>
    static abstract void StoreBrainWeights(uint* pairs, TVector first, TVector second);

    /// <summary>Writes every lane, an integer in −128 … 255, as one byte.</summary>
    static abstract void StoreBytes(byte* address, TVector value);

    /// <summary>accumulated − zero·columnSums of Count consecutive 32-bit integers, exactly, then rounded to fp32.</summary>
    static abstract TVector CentredSum(int* accumulated, int* columnSums, int zero);
}
