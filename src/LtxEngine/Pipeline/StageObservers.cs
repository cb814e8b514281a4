using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Pipeline;

/// <summary>Several observers of one stage, called in order.</summary>
/// <param name="observers">The observers.</param>
internal sealed class StageObservers(IReadOnlyList<IStageObserver> observers) : IStageObserver
{
    /// <summary>Puts observers together.</summary>
    /// <param name="observers">The observers; null for nobody.</param>
    /// <returns>One for all of them; null where there is none, so that an unobserved loop stays one.</returns>
    public static IStageObserver? Create(params ReadOnlySpan<IStageObserver?> observers)
    {
        List<IStageObserver> present = [];
        foreach (IStageObserver? observer in observers)
        {
            if (observer is not null)
            {
                present.Add(observer);
            }
        }

        return present.Count switch { 0 => null, 1 => present[0], _ => new StageObservers(present) };
    }

    /// <inheritdoc/>
    public void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas)
    {
        foreach (IStageObserver observer in observers)
        {
            observer.OnStart(state, sigmas);
        }
    }

    /// <inheritdoc/>
    public void OnCache(ResidualCache cache)
    {
        foreach (IStageObserver observer in observers)
        {
            observer.OnCache(cache);
        }
    }

    /// <inheritdoc/>
    public void OnStep(SamplerStep step)
    {
        foreach (IStageObserver observer in observers)
        {
            observer.OnStep(step);
        }
    }

    /// <inheritdoc/>
    public void OnSubstep(SamplerStep step)
    {
        foreach (IStageObserver observer in observers)
        {
            observer.OnSubstep(step);
        }
    }
}
