namespace LtxEngine.Requests;

/// <summary>Where a value stands in a request.</summary>
/// <param name="Name">For people: <c>images[0].strength</c>.</param>
/// <param name="Location">For machines: the steps from the request to the value, branches of a union included.</param>
internal readonly record struct FieldPath(string Name, IReadOnlyList<string> Location)
{
    /// <summary>A field of the request.</summary>
    /// <param name="field">Its name.</param>
    public static FieldPath Of(string field) => new(field, [field]);

    /// <summary>A member of the object at this place.</summary>
    /// <param name="member">Its name.</param>
    public FieldPath Member(string member) => new($"{Name}.{member}", [.. Location, member]);

    /// <summary>An item of the list at this place.</summary>
    /// <param name="index">Its index, from 0.</param>
    public FieldPath Item(int index) => new($"{Name}[{index}]", [.. Location, $"{index}"]);

    /// <summary>The same value, read as one of several types.</summary>
    /// <param name="type">What machines call the type.</param>
    public FieldPath Branch(string type) => new(Name, [.. Location, type]);
}
