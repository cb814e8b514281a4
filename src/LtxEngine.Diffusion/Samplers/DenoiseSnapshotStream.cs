namespace LtxEngine.Diffusion.Samplers;

/// <summary>One stream of a <see cref="DenoiseSnapshot"/>.</summary>
/// <param name="Latent">The noisy latent <c>[tokens, channels]</c>.</param>
/// <param name="Guided">The last guided x0, which guidance that skips steps reuses.</param>
/// <param name="Carried">The sampler's carried buffers by slot; null where a slot is unused.</param>
public sealed record DenoiseSnapshotStream(float[] Latent, float[] Guided, IReadOnlyList<float[]?> Carried);
