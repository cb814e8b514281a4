using System.Text.Json.Nodes;

namespace LtxEngine.Server.Http;

/// <summary>Ends a request with an error answer. The body is a JSON object, as the clients need it.</summary>
/// <param name="statusCode">HTTP status.</param>
/// <param name="body">The answer.</param>
internal sealed class ApiErrorException(int statusCode, JsonObject body) : Exception($"HTTP {statusCode}")
{
    /// <summary>HTTP status.</summary>
    public int StatusCode { get; } = statusCode;

    /// <summary>The answer.</summary>
    public JsonObject Body { get; } = body;

    /// <summary>Value of <c>x-fal-error-type</c>.</summary>
    public string? ErrorType { get; init; }

    /// <summary>Value of <c>Retry-After</c> in seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Value of <c>Allow</c>, for 405.</summary>
    public string? Allow { get; init; }

    /// <summary>Value of <c>x-fal-billable-units</c>.</summary>
    public string? BillableUnits { get; init; }
}
