using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>x + shift.</summary>
internal readonly unsafe struct AddRowFormula : IRowFormula
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Compute<TLanes, TVector>(ElementWiseJob* job, TVector x, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => TLanes.Add(x, TLanes.Load(job->Shift + column));
}
