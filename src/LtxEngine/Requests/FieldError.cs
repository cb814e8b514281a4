using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Planning;

namespace LtxEngine.Requests;

/// <summary>One value of a request that cannot be used, in the words of the hosted endpoint.</summary>
internal sealed record FieldError
{
    /// <summary>Where the value stands.</summary>
    public required FieldPath Path { get; init; }

    /// <summary>The machine-readable word: <c>missing</c>, <c>int_parsing</c>, <c>less_than_equal</c>, …</summary>
    public required string Type { get; init; }

    /// <summary>The endpoint's sentence.</summary>
    public required string Message { get; init; }

    /// <summary>The value; for a missing field the whole request.</summary>
    public required JsonElement Input { get; init; }

    /// <summary>The limits that the sentence names (<c>{"le": 481}</c>); null where there are none.</summary>
    public JsonObject? Context { get; init; }

    /// <summary>What is allowed, for people.</summary>
    public required string Allowed { get; init; }

    /// <summary>The error as the library reports it.</summary>
    public RequestError ToRequestError() =>
        new(Path.Name, string.Equals(Type, FieldReader.Missing, StringComparison.Ordinal) ? "missing" : ErrorList.Text(Input), Allowed);
}
