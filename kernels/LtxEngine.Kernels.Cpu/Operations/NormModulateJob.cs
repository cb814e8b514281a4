using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>The arguments of the two modulated norms.</summary>
internal struct NormModulateJob
{
    /// <summary>What is normalised.</summary>
    public RowsView Input;

    /// <summary>Where it goes.</summary>
    public RowsView Output;

    /// <summary>Scale of each row, or none.</summary>
    public RowVectorsView Scale;

    /// <summary>Shift of each row, or none.</summary>
    public RowVectorsView Shift;

    /// <summary>ε.</summary>
    public float Epsilon;

    /// <summary>Rows per task.</summary>
    public int RowsPerTask;
}
