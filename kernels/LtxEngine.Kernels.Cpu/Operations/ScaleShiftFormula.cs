using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>x·scale + shift.</summary>
internal readonly unsafe struct ScaleShiftFormula : IRowFormula
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Compute<TLanes, TVector>(ElementWiseJob* job, TVector x, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => TLanes.MultiplyAdd(x, TLanes.Load(job->Scale + column), TLanes.Load(job->Shift + column));
}
