namespace LtxEngine;

/// <summary>How much of the denoising is saved by reusing what earlier steps computed. <c>docs/acceleration.md</c> has measured times and errors.</summary>
public enum AccelerationLevel
{
    /// <summary>Every block is evaluated in every step.</summary>
    None,

    /// <summary>Blocks are skipped where hardly anything changes.</summary>
    Regular,

    /// <summary>More is skipped; differences become visible in details.</summary>
    High,

    /// <summary>As much is skipped as still gives the same scene.</summary>
    Full,
}
