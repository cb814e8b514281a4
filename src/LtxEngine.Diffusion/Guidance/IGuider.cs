namespace LtxEngine.Diffusion.Guidance;

/// <summary>
/// Combines one or more forward passes into the prediction that a sampler steps with. Implement it to bring your own guidance;
/// an instance holds no state of a run and can serve several at once.
/// </summary>
public interface IGuider
{
    /// <summary>The most forward passes that one evaluation may run; used for progress only.</summary>
    int MaximumPasses { get; }

    /// <summary>
    /// Runs the passes it needs through <see cref="GuidanceStep.Predict(GuidancePass, bool, bool)"/> and writes the guided x0 of every stream
    /// to <see cref="GuidanceStep.Guided"/>. That memory still holds the stream's previous guided x0 when the call begins.
    /// </summary>
    /// <param name="step">The evaluation; valid during the call only.</param>
    void Guide(GuidanceStep step);
}
