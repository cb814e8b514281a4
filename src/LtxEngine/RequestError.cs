namespace LtxEngine;

/// <summary>One field of a request that cannot be used.</summary>
/// <param name="Field">The field's own name in snake case (<c>num_frames</c>); the property is the same in Pascal case, the flag in kebab case.</param>
/// <param name="Value">The value as text, shortened where it is long.</param>
/// <param name="Allowed">What is allowed.</param>
public sealed record RequestError(string Field, string Value, string Allowed)
{
    /// <summary>What is wrong with an image; null where the error is about something else.</summary>
    internal MediaErrorKind? ImageError { get; init; }

    /// <summary>The error as a sentence.</summary>
    /// <returns>Field, value and what is allowed.</returns>
    public override string ToString() => $"{Field} is {Value}; allowed: {Allowed}.";
}
