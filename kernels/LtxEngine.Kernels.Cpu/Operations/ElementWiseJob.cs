using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>The arguments of operations that map one matrix onto another of the same shape.</summary>
internal unsafe struct ElementWiseJob
{
    /// <summary>What is read.</summary>
    public RowsView Input;

    /// <summary>What is written; may be the input.</summary>
    public RowsView Output;

    /// <summary>One factor per column, where the operation has one.</summary>
    public float* Scale;

    /// <summary>One addend per column, where the operation has one.</summary>
    public float* Shift;

    /// <summary>One factor for all, where the operation has one.</summary>
    public float Factor;

    /// <summary>Rows per task.</summary>
    public int RowsPerTask;
}
