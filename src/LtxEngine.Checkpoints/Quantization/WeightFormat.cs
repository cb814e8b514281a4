namespace LtxEngine.Checkpoints.Quantization;

/// <summary>How the weight of a linear layer is stored.</summary>
internal enum WeightFormat
{
    /// <summary>Values in a floating-point type; fp8 without a scale is among them.</summary>
    Plain,

    /// <summary>e4m3fn codes with one scale per tensor.</summary>
    ScaledFloat8,

    /// <summary>e2m1 codes with a scale per 16 inputs and one per tensor.</summary>
    Nvfp4,
}
