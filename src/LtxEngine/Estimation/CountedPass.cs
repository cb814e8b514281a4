using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Estimation;

/// <summary>A kind of forward pass.</summary>
/// <param name="Pass">Prompt and perturbations.</param>
/// <param name="Video">Whether the video stream is advanced.</param>
/// <param name="Audio">Whether the audio stream is advanced.</param>
internal sealed record CountedPass(GuidancePass Pass, bool Video, bool Audio);
