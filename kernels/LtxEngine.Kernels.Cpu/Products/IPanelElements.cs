using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// How the right-hand matrix of a product lies in a panel: <see cref="Panel.Columns"/> columns wide, two steps of the depth at a time.
/// </summary>
internal unsafe interface IPanelElements
{
    /// <summary>Bytes of two steps of the depth.</summary>
    static abstract int PairBytes { get; }

    /// <summary>The values of the first of two steps, for as many columns as a register has lanes.</summary>
    /// <param name="pair">The two steps.</param>
    /// <param name="column">The first column.</param>
    static abstract TVector First<TLanes, TVector>(byte* pair, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged;

    /// <summary>The values of the second of two steps.</summary>
    /// <param name="pair">The two steps.</param>
    /// <param name="column">The first column.</param>
    static abstract TVector Second<TLanes, TVector>(byte* pair, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged;
}
