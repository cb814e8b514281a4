namespace LtxEngine.Diffusion.Latents;

/// <summary>Precision of the video positions.</summary>
internal enum TimePrecision
{
    /// <summary>fp32; the default and the right choice.</summary>
    Float32,

    /// <summary>
    /// Rounded to bfloat16 after the division by the frame rate, as the code of January 2026 did: for bit comparison with it only.
    /// It coarsens the time axis; rows and columns stay exact up to 8160 pixels in steps of 32. Appended tokens are not rounded.
    /// </summary>
    BFloat16,
}
