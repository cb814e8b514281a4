namespace LtxEngine.Diffusion.Samplers;

/// <summary>
/// Advances the latents from one sigma to the next. Implement it to bring your own sampler: one class, one method.
/// An instance holds options only and no state of a run, so it can serve several runs at once.
/// </summary>
/// <example>
/// Euler, complete:
/// <code>
/// public void Step(SamplerStep step)
/// {
///     step.Evaluate(step.Sigma);
///     foreach (SamplerStream stream in step.Streams)
///     {
///         for (int i = 0; i &lt; stream.Latent.Length; i++)
///         {
///             double velocity = (stream.Latent[i] - stream.Denoised[i]) / step.Sigma;
///             stream.Latent[i] += (float)(velocity * (step.NextSigma - step.Sigma));
///         }
///     }
/// }
/// </code>
/// </example>
public interface ISampler
{
    /// <summary>Changes the schedule before the loop begins, where a method needs it (res_2s inserts a small last sigma). Default: unchanged.</summary>
    /// <param name="sigmas">The schedule.</param>
    /// <returns>The sigmas that are walked; strictly decreasing.</returns>
    double[] PrepareSigmas(ReadOnlySpan<double> sigmas) => sigmas.ToArray();

    /// <summary>
    /// Advances <see cref="SamplerStream.Latent"/> of every stream from <see cref="SamplerStep.Sigma"/> to <see cref="SamplerStep.NextSigma"/>.
    /// What must outlive the step belongs in <see cref="SamplerStream.Carried"/>: a saved run then resumes exactly.
    /// </summary>
    /// <param name="step">The step; valid during the call only.</param>
    void Step(SamplerStep step);
}
