using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Pipeline;

/// <summary>Is shown the latents of a stage from the noised start on: for reference cases and tests.</summary>
internal interface IStageObserver : IDenoiseObserver
{
    /// <summary>Called once, before the first step.</summary>
    /// <param name="state">The noised streams.</param>
    /// <param name="sigmas">The noise levels.</param>
    void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas);
}
