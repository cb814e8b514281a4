using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
internal readonly unsafe struct GeluTanhFormula : IRowFormula
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Compute<TLanes, TVector>(ElementWiseJob* job, TVector x, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => VectorMath.GeluTanh<TLanes, TVector>(x);
}
