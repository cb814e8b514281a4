namespace LtxEngine.Pipeline;

/// <summary>A clip after denoising: nothing of it can be seen or heard yet.</summary>
/// <param name="Origin">What it was made from.</param>
/// <param name="Latents">Its latents.</param>
/// <param name="ResumedSteps">Steps that an earlier process had saved.</param>
internal sealed record DenoisedClip(ClipOrigin Origin, ClipLatents Latents, int ResumedSteps);
