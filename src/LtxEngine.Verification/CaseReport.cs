namespace LtxEngine.Verification;

/// <summary>The verdict on one reference case.</summary>
/// <param name="Component">The component.</param>
/// <param name="Name">The name of the case's folder.</param>
/// <param name="Outputs">Every compared output.</param>
/// <param name="Passed">Whether every output is within its limit.</param>
/// <param name="Failure">Why the case could not be run, or null.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record CaseReport(string Component, string Name, IReadOnlyList<OutputReport> Outputs, bool Passed, string? Failure, TimeSpan Elapsed);
