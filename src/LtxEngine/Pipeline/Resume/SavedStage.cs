using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Pipeline.Resume;

/// <summary>Where an interrupted request stood: after a step of one of its denoise loops.</summary>
/// <param name="Stage">The loop: 0, or 1 for the second stage.</param>
/// <param name="Initial">What the second stage refines; null in the first.</param>
/// <param name="Noise">State of the request's noise generator.</param>
/// <param name="Loop">Latents, history of sampler and guidance, steps done.</param>
/// <param name="Cache">What later steps may reuse; empty without acceleration.</param>
internal sealed record SavedStage(int Stage, ClipLatents? Initial, uint[] Noise, DenoiseSnapshot Loop, IReadOnlyList<ResidualCacheState> Cache);
