namespace LtxEngine.Checkpoints.Gemma;

/// <summary>The vision tower (SigLIP) of a Gemma 3 model.</summary>
/// <param name="HiddenSize">Width of the tower.</param>
/// <param name="IntermediateSize">Width of its feed-forward layers.</param>
/// <param name="LayerCount">Number of encoder layers.</param>
/// <param name="HeadCount">Attention heads; they divide <paramref name="HiddenSize"/>.</param>
/// <param name="ImageSize">Edge of the square input image in pixels.</param>
/// <param name="PatchSize">Edge of a patch in pixels; it divides <paramref name="ImageSize"/>.</param>
/// <param name="LayerNormEpsilon">Epsilon of the layer norms.</param>
internal sealed record GemmaVisionConfiguration(
    int HiddenSize, int IntermediateSize, int LayerCount, int HeadCount, int ImageSize, int PatchSize, double LayerNormEpsilon);
