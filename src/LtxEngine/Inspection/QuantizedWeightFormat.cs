namespace LtxEngine;

/// <summary>How <see cref="ModelQuantization"/> stores weights.</summary>
public enum QuantizedWeightFormat
{
    /// <summary>8 bits per weight (e4m3fn) with one scale per layer.</summary>
    Float8,

    /// <summary>4.5 bits per weight: 4-bit values (e2m1) with a scale per 16 inputs and one per layer.</summary>
    Nvfp4,
}
