namespace LtxEngine.Diffusion.Samplers;

/// <summary>Where a denoise loop stands.</summary>
/// <param name="CompletedSteps">Steps done so far, resumed ones included.</param>
/// <param name="TotalSteps">Steps of the whole loop.</param>
/// <param name="Sigma">Noise level of the latents now.</param>
public readonly record struct DenoiseProgress(int CompletedSteps, int TotalSteps, double Sigma);
