namespace LtxEngine.Diffusion.Samplers;

/// <summary>Everything that a denoise loop needs to go on after a step, as plain arrays that can be stored.</summary>
/// <param name="CompletedSteps">Steps done; the loop resumes with the step of this index.</param>
/// <param name="Streams">The streams, video first.</param>
public sealed record DenoiseSnapshot(int CompletedSteps, IReadOnlyList<DenoiseSnapshotStream> Streams);
