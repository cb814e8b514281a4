namespace LtxEngine;

/// <summary>What one denoising stage took.</summary>
/// <param name="Stage">The stage: <see cref="GenerationStage.Denoising"/>, or <see cref="GenerationStage.Refining"/>, which is never accelerated.</param>
/// <param name="Work">Its passes and blocks.</param>
public sealed record StageWork(GenerationStage Stage, DenoisingWork Work);
