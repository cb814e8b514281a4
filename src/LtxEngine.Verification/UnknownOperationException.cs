namespace LtxEngine.Verification;

/// <summary>The case asks for an operation that its component's runner does not know.</summary>
internal sealed class UnknownOperationException(string component, string? operation)
    : Exception($"Component '{component}' has no operation '{operation ?? "(none)"}' here.");
