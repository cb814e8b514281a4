namespace LtxEngine.Diffusion.Guidance;

/// <summary>Guidance of one modality. The defaults are neutral: one forward pass with the prompt and nothing else.</summary>
/// <remarks>
/// <c>x0 = c + (cfg−1)(c−n) + stg·(c−p) + (modality−1)(c−q)</c>, then with φ = rescale: <c>x0 ← x0·(φ·std(c)/std(x0) + 1 − φ)</c>;
/// c = prompt, n = negative prompt, p = perturbed self-attention, q = no attention between video and audio. Passes whose factor is 0 are not run.
/// </remarks>
public sealed record ModalityGuidance
{
    /// <summary>No guidance.</summary>
    public static ModalityGuidance None { get; } = new();

    /// <summary>Classifier-free guidance scale; 1 is off.</summary>
    public double CfgScale { get; init; } = 1;

    /// <summary>How the negative prediction enters.</summary>
    public CfgVariant CfgVariant { get; init; }

    /// <summary>Weight of the part of the guidance along the prediction, for <see cref="CfgVariant.AdaptiveProjected"/>. Default 1.</summary>
    public double ApgEta { get; init; } = 1;

    /// <summary>Longest guidance vector (2-norm of the whole tensor), for <see cref="CfgVariant.AdaptiveProjected"/>; 0 is no limit.</summary>
    public double ApgNormThreshold { get; init; }

    /// <summary>Spatio-temporal guidance scale; 0 is off.</summary>
    public double StgScale { get; init; }

    /// <summary>Blocks (0-based) whose self-attention is perturbed for STG.</summary>
    public IReadOnlyList<int> StgBlocks { get; init; } = [];

    /// <summary>Modality guidance scale; 1 is off.</summary>
    public double ModalityScale { get; init; } = 1;

    /// <summary>Strength φ in [0, 1] with which the standard deviation of the guided prediction is brought back to the conditional one's; 0 is off.</summary>
    public double RescaleScale { get; init; }

    /// <summary>Steps to skip after each computed one: step i is computed when i mod (skip + 1) = 0, else the last guided x0 is used again.</summary>
    public int SkipStep { get; init; }

    /// <summary>Whether the negative prediction is needed.</summary>
    public bool UsesNegative => CfgScale != 1;

    /// <summary>Whether the perturbed prediction is needed.</summary>
    public bool UsesPerturbation => StgScale != 0;

    /// <summary>Whether the prediction without attention between the modalities is needed.</summary>
    public bool UsesModalityIsolation => ModalityScale != 1;

    /// <summary>Whether a step is computed or reuses the last guided x0.</summary>
    /// <param name="stepIndex">Index of the step, from 0.</param>
    public bool IsComputedAt(int stepIndex) => stepIndex % (SkipStep + 1) == 0;

    /// <summary>Refuses values that no run can use.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message says which.</exception>
    public void Validate()
    {
        Require.Finite(CfgScale, nameof(CfgScale));
        Require.Finite(ApgEta, nameof(ApgEta));
        Require.InRange(ApgNormThreshold, 0, double.MaxValue, nameof(ApgNormThreshold));
        Require.Finite(StgScale, nameof(StgScale));
        Require.Finite(ModalityScale, nameof(ModalityScale));
        Require.InRange(RescaleScale, 0, 1, nameof(RescaleScale));
        Require.InRange(SkipStep, 0, 1_000_000, nameof(SkipStep));
        foreach (int block in StgBlocks)
        {
            Require.AtLeast(block, 0, nameof(StgBlocks));
        }
    }
}
