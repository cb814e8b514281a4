namespace LtxEngine.Requests;

/// <summary>A set of fields with their limits and defaults: everything the library takes, or what the hosted endpoint takes.</summary>
/// <param name="Fields">The fields, in the order in which errors are reported.</param>
internal sealed record RequestProfile(IReadOnlyList<RequestField> Fields)
{
    /// <summary>Whether unknown fields are refused; otherwise they are ignored.</summary>
    public bool RefusesUnknownFields { get; init; }

    /// <summary>Whether names of choices may be written in other case, with dashes for underscores, and without what stands in parentheses.</summary>
    public bool HasLenientChoices { get; init; }

    /// <summary>
    /// Whether limits are left to the plan of the request, which reports them together with what is wrong with its images and LoRA files;
    /// otherwise they are checked while reading.
    /// </summary>
    public bool LeavesLimitsToPlan { get; init; }

    /// <summary>A field by its name.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="InvalidOperationException">There is no such field.</exception>
    public RequestField Field(string name) => Fields.First(field => string.Equals(field.Name, name, StringComparison.Ordinal));
}
