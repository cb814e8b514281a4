namespace LtxEngine;

/// <summary>A request holds values that cannot be used. All of them are listed, so that one correction is enough.</summary>
public sealed class InvalidRequestException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errors">At least one error.</param>
    /// <exception cref="ArgumentException">The list is empty.</exception>
    public InvalidRequestException(IReadOnlyList<RequestError> errors)
        : base(Describe(errors)) => Errors = errors;

    /// <summary>Every field that cannot be used, in the order of the request's properties.</summary>
    public IReadOnlyList<RequestError> Errors { get; }

    private static string Describe(IReadOnlyList<RequestError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return errors.Count > 0
            ? string.Join(" ", errors)
            : throw new ArgumentException("There is no error to report.", nameof(errors));
    }
}
