namespace LtxEngine;

/// <summary>How close the written video stays to the generated frames. <c>docs/output-formats.md</c> has the settings per format.</summary>
public enum VideoQuality
{
    /// <summary>Small files with visible losses.</summary>
    Low,

    /// <summary>The settings of the original code where it has the format (H.264, CRF 23).</summary>
    Medium,

    /// <summary>Losses that are hard to see.</summary>
    High,

    /// <summary>As close as the format allows at sensible sizes.</summary>
    Maximum,
}
