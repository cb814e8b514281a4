using System.Text.Json.Nodes;

namespace LtxEngine.Server.Http;

/// <summary>The error answers that several routes give.</summary>
internal static class ApiErrors
{
    /// <summary>An answer with a text.</summary>
    /// <param name="statusCode">HTTP status.</param>
    /// <param name="detail">What happened.</param>
    /// <param name="errorType">Machine-readable word; null for none.</param>
    public static ApiErrorException Text(int statusCode, string detail, string? errorType = null) =>
        new(statusCode, TextBody(detail, errorType)) { ErrorType = errorType };

    /// <summary>The body of <see cref="Text"/>.</summary>
    /// <param name="detail">What happened.</param>
    /// <param name="errorType">Machine-readable word; null for none.</param>
    public static JsonObject TextBody(string detail, string? errorType = null)
    {
        JsonObject body = new() { ["detail"] = detail };
        if (errorType is not null)
        {
            body["error_type"] = errorType;
        }

        return body;
    }

    /// <summary>One entry about the body as a whole or a place of it, status 422.</summary>
    /// <param name="type">Machine-readable word.</param>
    /// <param name="message">The text.</param>
    /// <param name="location">Places below <c>body</c>.</param>
    /// <param name="input">The offending value.</param>
    /// <param name="context">Limits; null for none.</param>
    public static ApiErrorException Field(string type, string message, IEnumerable<JsonNode?> location, JsonNode? input, JsonObject? context = null) =>
        new(422, FieldBody(type, message, location, input, context)) { BillableUnits = "0" };

    /// <summary>The body of <see cref="Field"/>.</summary>
    /// <inheritdoc cref="Field" path="/param"/>
    public static JsonObject FieldBody(string type, string message, IEnumerable<JsonNode?> location, JsonNode? input, JsonObject? context = null)
    {
        JsonObject entry = new() { ["type"] = type, ["loc"] = new JsonArray([JsonValue.Create("body"), .. location]), ["msg"] = message, ["input"] = input };
        if (context is not null)
        {
            entry["ctx"] = context;
        }

        return new JsonObject { ["detail"] = new JsonArray(entry) };
    }

    /// <summary>404 for an id that no job has.</summary>
    public static ApiErrorException UnknownRequest() => Text(404, "Request not found");

    /// <summary>404 for an endpoint that is not served.</summary>
    /// <param name="name">The endpoint.</param>
    public static ApiErrorException UnknownApplication(string name) => Text(404, $"Application '{Shorten(name)}' not found");

    /// <summary>404 for a path that no route has.</summary>
    /// <param name="path">The path.</param>
    public static ApiErrorException UnknownPath(string path) => Text(404, $"Path {Shorten(path)} not found");

    /// <summary>405.</summary>
    /// <param name="allowed">The methods that the route has.</param>
    public static ApiErrorException WrongMethod(string allowed) => new(405, TextBody("Method Not Allowed")) { Allow = allowed };

    /// <summary>507: the disk quota is used up.</summary>
    public static ApiErrorException StorageFull() => Text(507, "The server's storage is full");

    /// <summary>413.</summary>
    /// <param name="limit">Largest number of bytes.</param>
    public static ApiErrorException TooLarge(long limit) => Text(413, $"The body has more than {limit} bytes");

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
