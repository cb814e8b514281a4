using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>[depth/2][32][2] bf16: one 32-bit word holds two steps of one column, the first in its lower half.</summary>
internal readonly unsafe struct BrainPairElements<TLanes, TVector> : IPanelElements<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <inheritdoc/>
    public static int PairBytes => Panel.Columns * sizeof(uint);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(byte* pair, int column) => TLanes.WidenLower((uint*)pair + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(byte* pair, int column) => TLanes.WidenUpper((uint*)pair + column);
}
