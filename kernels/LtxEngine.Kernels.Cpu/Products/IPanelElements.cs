namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// How the right-hand matrix of a product lies in a panel: <see cref="Panel.Columns"/> columns wide, two steps of the depth at a time.
/// </summary>
/// <typeparam name="TVector">The register that one call fills.</typeparam>
internal unsafe interface IPanelElements<TVector>
    where TVector : unmanaged
{
    /// <summary>Bytes of two steps of the depth.</summary>
    static abstract int PairBytes { get; }

    /// <summary>The values of the first of two steps, for as many columns as a register has lanes.</summary>
    /// <param name="pair">The two steps.</param>
    /// <param name="column">The first column.</param>
    static abstract TVector First(byte* pair, int column);

    /// <summary>The values of the second of two steps.</summary>
    /// <param name="pair">The two steps.</param>
    /// <param name="column">The first column.</param>
    static abstract TVector Second(byte* pair, int column);
}
