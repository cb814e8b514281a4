using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>All that a clip is made from; known before it is there.</summary>
/// <param name="Request">The request.</param>
/// <param name="Plan">The request with every default filled in and its prompt expanded.</param>
/// <param name="ImageHashes">SHA-256 of each image.</param>
/// <param name="LoraFingerprints">Fingerprint of each LoRA file by path.</param>
internal sealed record ClipOrigin(
    GenerationRequest Request,
    GenerationPlan Plan,
    IReadOnlyDictionary<ImageSource, string> ImageHashes,
    IReadOnlyDictionary<string, string> LoraFingerprints);
