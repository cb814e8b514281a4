namespace LtxEngine.Pipeline;

/// <summary>The prompts of one request.</summary>
/// <param name="Positive">The prompt.</param>
/// <param name="Negative">The negative prompt; null where the guidance never asks for it.</param>
internal sealed record EncodedPrompts(EncodedPrompt Positive, EncodedPrompt? Negative);
