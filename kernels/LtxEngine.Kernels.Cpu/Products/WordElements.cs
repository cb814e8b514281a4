using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>[depth][32] words of 32 bits, taken as they are: fp32 values, or bytes by fours, where a step of the depth is four values.</summary>
internal readonly unsafe struct WordElements<TLanes, TVector> : IPanelElements<TVector>
    where TLanes : struct, IProductLanes<TVector>
    where TVector : unmanaged
{
    /// <inheritdoc/>
    public static int PairBytes => 2 * Panel.Columns * sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(byte* pair, int column) => TLanes.Load((float*)pair + column);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(byte* pair, int column) => TLanes.Load((float*)pair + Panel.Columns + column);
}
