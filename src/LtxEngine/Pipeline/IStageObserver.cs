using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Pipeline;

/// <summary>Is shown the latents of a stage from the noised start on: for reference cases and tests.</summary>
internal interface IStageObserver : IDenoiseObserver
{
    /// <summary>Called once, before the first step.</summary>
    /// <param name="state">The noised streams.</param>
    /// <param name="sigmas">The noise levels.</param>
    void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas);

    /// <summary>Called once, before the first step, where steps reuse what earlier ones computed: a saved run needs it as well.</summary>
    /// <param name="cache">What is reused; changes from step to step.</param>
    void OnCache(ResidualCache cache)
    {
    }
}
