namespace LtxEngine.Kernels;

/// <summary>In which numbers a device multiplies. Buffers, sums over the depth and everything outside products are fp32 in any case.</summary>
internal enum ComputePrecision
{
    /// <summary>fp32 inputs times weights as stored: the reference.</summary>
    Single,

    /// <summary>Inputs and weights rounded to bf16 where the device multiplies bf16 faster than fp32; as <see cref="Single"/> elsewhere.</summary>
    BrainFloat,

    /// <summary>
    /// Linear layers with 8-bit weights (one factor per output) and 8-bit inputs (one factor and zero point per token); everything else as
    /// <see cref="BrainFloat"/>.
    /// </summary>
    Int8,
}
