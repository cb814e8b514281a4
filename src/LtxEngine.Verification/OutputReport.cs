namespace LtxEngine.Verification;

/// <summary>One compared output of a case.</summary>
/// <param name="Name">The output.</param>
/// <param name="Error">rms(actual − expected) / rms(expected), or the figure that the case's own rule measures; NaN when the output is missing or has another shape.</param>
/// <param name="Limit">The case's limit.</param>
/// <param name="Passed">Whether the limit holds.</param>
/// <param name="Note">Why it failed, when the figure does not say it.</param>
public sealed record OutputReport(string Name, double Error, double Limit, bool Passed, string? Note = null);
