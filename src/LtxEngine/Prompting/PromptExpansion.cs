namespace LtxEngine.Prompting;

/// <summary>What became of a prompt.</summary>
/// <param name="Prompt">The prompt to use: the expanded one, or the original where expanding failed.</param>
/// <param name="IsExpanded">Whether <paramref name="Prompt"/> was written by the text model.</param>
/// <param name="Warning">What the user should know: why the original is used, or that the text was cut; null when all went well.</param>
/// <param name="GeneratedTokens">Tokens that the text model wrote, the stop token included.</param>
internal sealed record PromptExpansion(string Prompt, bool IsExpanded, string? Warning, int GeneratedTokens);
