using System.Runtime.CompilerServices;

namespace LtxEngine.Kernels.Cpu.Vectors;

/// <summary>Functions of every lane, written once for all register widths.</summary>
internal static unsafe class VectorMath
{
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts: the first has few enough bits that its product with any |n| ≤ 150 is exact.
    private const float Ln2Upper = 355f / 512f;
    private const float Ln2Lower = -2.1219444005e-4f;

    /// <summary>
    /// eˣ, at most 2 units in the last place off, gradual underflow included. e^−∞ = 0, e^∞ = ∞, NaN stays NaN.
    /// <para>
    /// x = n·ln 2 + r with integral n and |r| ≤ ln 2 / 2, so eˣ = 2ⁿ·eʳ. eʳ is its Taylor polynomial of degree 7: the next term,
    /// r⁸/8!, is below 0.1 units in the last place. 2ⁿ is applied in two factors, because n reaches −150 (results below the
    /// smallest normal number) and 128 (overflow to ∞), which one factor cannot express.
    /// </para>
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector bounded = TLanes.Min(TLanes.Max(x, TLanes.Broadcast(-104f)), TLanes.Broadcast(89f));
        TVector n = TLanes.Round(TLanes.Multiply(bounded, TLanes.Broadcast(Log2E)));
        TVector sum = Polynomial<TLanes, TVector>(bounded, n);
        TVector half = TLanes.Round(TLanes.Multiply(n, TLanes.Broadcast(0.5f)));
        TVector result = TLanes.Multiply(TLanes.Multiply(sum, TLanes.PowerOfTwo(half)), TLanes.PowerOfTwo(TLanes.Subtract(n, half)));
        return TLanes.KeepNaN(x, result);
    }

    /// <summary>x · sigmoid(x) = x / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Silu<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged =>
        TLanes.Divide(x, TLanes.Add(TLanes.Broadcast(1f), Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Zero, x))));

    /// <summary>
    /// 0.5·x·(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³), computed as the identical x / (1 + e^−2u), which keeps its relative
    /// accuracy where 1 + tanh u would cancel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluTanh<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        // −2·√(2/π) and −2·√(2/π)·0.044715
        TVector inner = TLanes.MultiplyAdd(TLanes.Multiply(x, x), TLanes.Broadcast(-0.0713548163f), TLanes.Broadcast(-1.59576912f));
        TVector exponent = TLanes.Multiply(x, inner);
        return TLanes.Divide(x, TLanes.Add(TLanes.Broadcast(1f), Exp<TLanes, TVector>(exponent)));
    }

    /// <summary>
    /// eˣ for x ≤ 0, as the weights of a softmax need it: like <see cref="Exp"/> down to e^−87, below that e^−87 (1.6·10⁻³⁸), which is
    /// nothing beside the largest weight, 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpOfNegative<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector bounded = TLanes.Max(x, TLanes.Broadcast(-87f));
        TVector n = TLanes.Round(TLanes.Multiply(bounded, TLanes.Broadcast(Log2E)));
        return TLanes.KeepNaN(x, TLanes.Scale(Polynomial<TLanes, TVector>(bounded, n), n));
    }

    /// <summary>
    /// eˣ for x ≤ 0 to 6·10⁻⁵ of itself, for weights that are then rounded to bf16 (2·10⁻³): as <see cref="ExpOfNegative"/> with a polynomial of
    /// degree 4.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector RoughExpOfNegative<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector bounded = TLanes.Max(x, TLanes.Broadcast(-87f));
        TVector n = TLanes.Round(TLanes.Multiply(bounded, TLanes.Broadcast(Log2E)));
        TVector r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-0.693147181f), bounded);
        TVector sum = TLanes.MultiplyAdd(r, TLanes.Broadcast(1f / 24f), TLanes.Broadcast(1f / 6f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(0.5f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(1f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(1f));
        return TLanes.KeepNaN(x, TLanes.Scale(sum, n));
    }

    /// <summary>eʳ for r = x − n·ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Polynomial<TLanes, TVector>(TVector x, TVector n)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-Ln2Upper), x);
        r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-Ln2Lower), r);
        TVector sum = TLanes.MultiplyAdd(r, TLanes.Broadcast(1f / 5040f), TLanes.Broadcast(1f / 720f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(1f / 120f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(1f / 24f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(1f / 6f));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Broadcast(0.5f));
        sum = TLanes.MultiplyAdd(TLanes.Multiply(r, r), sum, r);
        return TLanes.Add(sum, TLanes.Broadcast(1f));
    }
}
