namespace LtxEngine.Diffusion.Samplers;

/// <summary>Is shown the latents while a loop runs, on the loop's thread: for previews, saving and tests.</summary>
public interface IDenoiseObserver
{
    /// <summary>Called after a step, when the latents in <see cref="SamplerStep.State"/> have reached <see cref="SamplerStep.NextSigma"/>.</summary>
    /// <param name="step">The step; copy what is needed, the loop goes on with the same memory.</param>
    void OnStep(SamplerStep step);

    /// <summary>Called before an inner evaluation of a multi-stage sampler, with the latents that it evaluates.</summary>
    /// <param name="step">The step in progress.</param>
    void OnSubstep(SamplerStep step)
    {
    }
}
