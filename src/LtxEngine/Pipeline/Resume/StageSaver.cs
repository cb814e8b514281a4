using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Pipeline.Resume;

/// <summary>Saves a denoise loop after each of its steps.</summary>
/// <param name="checkpoint">Where to.</param>
/// <param name="stage">The loop: 0, or 1 for the second stage.</param>
/// <param name="initial">What the second stage refines; null in the first.</param>
/// <param name="noise">The request's noise.</param>
internal sealed class StageSaver(RequestCheckpoint checkpoint, int stage, ClipLatents? initial, NoiseGenerator noise) : IStageObserver
{
    private ResidualCache? _cache;

    /// <inheritdoc/>
    public void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas)
    {
    }

    /// <inheritdoc/>
    public void OnCache(ResidualCache cache) => _cache = cache;

    /// <inheritdoc/>
    public void OnStep(SamplerStep step) => checkpoint.Save(stage, initial, noise, step.CreateSnapshot(), _cache?.Save() ?? []);
}
