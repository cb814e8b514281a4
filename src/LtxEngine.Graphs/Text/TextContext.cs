using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>What the diffusion transformer attends to for one prompt. Independent of size, seed and steps. Not to be written to: it is cached.</summary>
/// <param name="Video">The context of the video stream, <c>[length, width]</c>; every row counts.</param>
/// <param name="Audio">The context of the audio stream, <c>[length, width]</c>; null in a video-only model.</param>
/// <param name="TokenCount">How many tokens the prompt has after truncation, <c>&lt;bos&gt;</c> included.</param>
internal sealed record TextContext(HostTensor Video, HostTensor? Audio, int TokenCount);
