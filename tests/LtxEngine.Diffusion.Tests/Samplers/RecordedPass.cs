using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Diffusion.Tests.Samplers;

/// <summary>What a denoiser was asked for.</summary>
internal sealed record RecordedPass(int StepIndex, int PassIndex, double Sigma, GuidancePass Pass, bool VideoEnabled, bool AudioEnabled);
