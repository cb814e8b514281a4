namespace LtxEngine;

/// <summary>What a safety checker says about a text or a picture.</summary>
public sealed record SafetyVerdict
{
    private SafetyVerdict(string? reason) => Reason = reason;

    /// <summary>It may be used.</summary>
    public static SafetyVerdict Allowed { get; } = new(reason: null);

    /// <summary>Whether it may be used.</summary>
    public bool IsAllowed => Reason is null;

    /// <summary>Why it is refused, for people; null where it is allowed.</summary>
    public string? Reason { get; }

    /// <summary>It must not be used.</summary>
    /// <param name="reason">Why, for people.</param>
    /// <returns>The verdict.</returns>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static SafetyVerdict Refused(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new SafetyVerdict(reason);
    }
}
