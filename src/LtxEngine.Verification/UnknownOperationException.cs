namespace LtxEngine.Verification;

/// <summary>The case asks for an operation that its component's runner does not know.</summary>
internal sealed class UnknownOperationException(string component, string? operation)
    : Exception($"Component '{component}' has no operation '{operation ?? "(none)"}' here.")
{
    /// <summary>For components with one operation only, which has no name.</summary>
    /// <exception cref="UnknownOperationException">The case names an operation.</exception>
    public static void ThrowIfNamed(ReferenceCase referenceCase)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(referenceCase.Component, referenceCase.Operation);
        }
    }
}
