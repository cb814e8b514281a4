namespace LtxEngine.Diffusion.Guidance;

/// <summary>What a perturbed self-attention does in spatio-temporal guidance (STG).</summary>
public enum StgMode
{
    /// <summary>The attention contributes nothing to the residual stream (the 19B releases of January 2026; default).</summary>
    ResidualSkip,

    /// <summary>The attention is replaced by its value projection, still gated (the reference code since March 2026).</summary>
    ValuePassThrough,
}
