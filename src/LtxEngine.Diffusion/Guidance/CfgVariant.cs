namespace LtxEngine.Diffusion.Guidance;

/// <summary>How the prediction with the negative prompt enters. c = conditional, n = negative, s = scale.</summary>
public enum CfgVariant
{
    /// <summary>Classifier-free guidance: c + (s−1)·(c − n). The shipped pipelines use this.</summary>
    Standard,

    /// <summary>CFG*: n is first scaled by its projection on c, k = ⟨c,n⟩/(‖n‖²+1e-8): c + (s−1)·(c − k·n).</summary>
    Projected,

    /// <summary>
    /// Adaptive projected guidance (APG): g = c − n, shortened to <see cref="ModalityGuidance.ApgNormThreshold"/>, split into its part along c
    /// (weighted by <see cref="ModalityGuidance.ApgEta"/>) and the rest.
    /// </summary>
    AdaptiveProjected,
}
