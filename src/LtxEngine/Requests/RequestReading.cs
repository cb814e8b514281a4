namespace LtxEngine.Requests;

/// <summary>What came of reading a request: the request, or every error.</summary>
internal sealed record RequestReading
{
    /// <summary>The request; null where there is an error.</summary>
    public GenerationRequest? Request { get; init; }

    /// <summary>Every value that cannot be used, in the order of the fields.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>The parsed values by field, defaults of the profile included. Holds what is no property of a request, such as <c>sync_mode</c>.</summary>
    public IReadOnlyDictionary<string, object> Values { get; init; } = new Dictionary<string, object>(StringComparer.Ordinal);

    /// <summary>The request, or all errors at once.</summary>
    /// <exception cref="InvalidRequestException">There is an error.</exception>
    public GenerationRequest Require() => Request ?? throw new InvalidRequestException([.. Errors.Select(error => error.ToRequestError())]);
}
