using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text.Vision;

/// <summary>What the vision tower makes of one picture.</summary>
/// <param name="Features">One row per patch, row after row of the picture, after the tower's last norm: <c>[patches, vision width]</c>.</param>
/// <param name="Tokens">The vectors that stand for the picture in a text: <c>[tokens per image, hidden size]</c>.</param>
internal sealed record ImageEncoding(HostTensor Features, HostTensor Tokens);
