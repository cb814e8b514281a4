using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>What an element-wise operation does to one register; <see cref="ElementWiseKernel"/> has the loop.</summary>
internal unsafe interface IRowFormula
{
    /// <summary>The results for the values x of some columns.</summary>
    /// <param name="job">The arguments.</param>
    /// <param name="x">The values.</param>
    /// <param name="column">The first column.</param>
    static abstract TVector Compute<TLanes, TVector>(ElementWiseJob* job, TVector x, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged;
}
