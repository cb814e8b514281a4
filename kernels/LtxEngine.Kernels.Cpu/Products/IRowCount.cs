namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>The height of a register tile as a type, so that the runtime compiles one micro-kernel per height without unused rows.</summary>
internal interface IRowCount
{
    /// <summary>1 … 14.</summary>
    static abstract int Value { get; }
}
