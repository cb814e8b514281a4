namespace LtxEngine;

/// <summary>
/// In which numbers the products of the transformer, the upsamplers and, on our own kernels, the text model are computed. Latents, sums and everything
/// outside products are fp32 in any case; the VAEs and the vocoder do not depend on it.
/// </summary>
public enum ComputeType
{
    /// <summary>
    /// What is fast on this machine and close to fp32: <see cref="BrainFloat"/> on a processor with AVX-512 BF16, else <see cref="Single"/>. The same
    /// request may give slightly different results on different machines.
    /// </summary>
    Auto,

    /// <summary>fp32, with weights as stored. The reference, and the default.</summary>
    Single,

    /// <summary>
    /// bf16 inputs and weights with fp32 sums, on a processor with AVX-512 BF16; as <see cref="Single"/> on others, where bf16 would not be faster.
    /// </summary>
    BrainFloat,

    /// <summary>
    /// Linear layers with 8-bit weights and inputs (half the memory of bf16, and faster than it with AVX-512 VNNI), everything else
    /// as <see cref="BrainFloat"/>. It is the least exact: weights are rounded to one factor per output, inputs to one per token.
    /// </summary>
    Int8,
}
