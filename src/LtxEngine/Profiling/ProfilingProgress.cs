namespace LtxEngine.Profiling;

/// <summary>Tells a profile about the stages of a request by listening to its progress.</summary>
/// <param name="profile">The profile.</param>
/// <param name="inner">Who wanted the progress; null for nobody.</param>
internal sealed class ProfilingProgress(TimingProfile profile, IProgress<GenerationProgress>? inner) : IProgress<GenerationProgress>
{
    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        profile.Enter(value.Stage);
        inner?.Report(value);
    }
}
