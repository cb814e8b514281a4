namespace LtxEngine.Prompting;

/// <summary>How far an expansion is. It may end at any token.</summary>
/// <param name="Tokens">Tokens that are written.</param>
/// <param name="MaximumTokens">The most that will be written.</param>
/// <param name="Layer">Layers of the text model that are done for the next token.</param>
/// <param name="Layers">All of them.</param>
internal readonly record struct PromptExpansionProgress(int Tokens, int MaximumTokens, int Layer, int Layers);
