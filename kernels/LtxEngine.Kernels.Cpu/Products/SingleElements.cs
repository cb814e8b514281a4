using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>[depth][32] fp32.</summary>
internal readonly unsafe struct SingleElements : IPanelElements
{
    /// <inheritdoc/>
    public static int PairBytes => 2 * Panel.Columns * sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First<TLanes, TVector>(byte* pair, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => TLanes.Load((float*)pair + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second<TLanes, TVector>(byte* pair, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => TLanes.Load((float*)pair + Panel.Columns + column);
}
