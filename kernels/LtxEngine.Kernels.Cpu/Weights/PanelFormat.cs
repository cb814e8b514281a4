namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>How the values of a weight lie in its panels of 32 columns.</summary>
internal enum PanelFormat
{
    /// <summary>[depth][32] fp32.</summary>
    Single,

    /// <summary>[depth/2][32][2] bf16.</summary>
    BrainPairs,

    /// <summary>[depth/2][32][2] e4m3fn, widened to bf16 pairs where it is multiplied.</summary>
    Float8E4M3Pairs,

    /// <summary>[depth/2][32][2] e5m2, widened to bf16 pairs where it is multiplied.</summary>
    Float8E5M2Pairs,

    /// <summary>[depth/2][32][2] signed bytes with a factor per column, widened to bf16 pairs where it is multiplied.</summary>
    SignedBytePairs,

    /// <summary>[depth/4][32][4] signed bytes with a factor and a sum per column, multiplied with bytes.</summary>
    SignedByteQuads,

    /// <summary>[outputs][depth] bf16 as stored, in memory that the weight does not own; an even depth.</summary>
    BrainRows,
}
