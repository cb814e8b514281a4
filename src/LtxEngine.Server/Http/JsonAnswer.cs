using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Writes JSON answers. The media type is always <c>application/json</c>: clients read error bodies of no other.</summary>
internal static class JsonAnswer
{
    /// <summary>How JSON is written: as it is, without escaping what only HTML would need.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="statusCode">HTTP status.</param>
    /// <param name="body">The answer.</param>
    public static Task WriteAsync(HttpContext context, int statusCode, JsonNode body) =>
        WriteAsync(context, statusCode, JsonSerializer.SerializeToUtf8Bytes(body, Options));

    /// <summary>Writes an answer that is JSON already.</summary>
    /// <param name="context">The request.</param>
    /// <param name="statusCode">HTTP status.</param>
    /// <param name="body">The answer.</param>
    public static async Task WriteAsync(HttpContext context, int statusCode, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = statusCode;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Writes an error.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    public static Task WriteAsync(HttpContext context, ApiErrorException error)
    {
        IHeaderDictionary headers = context.Response.Headers;
        Set("x-fal-error-type", error.ErrorType);
        Set("Retry-After", error.RetryAfter?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Set("Allow", error.Allow);
        Set("x-fal-billable-units", error.BillableUnits);
        if (!headers.ContainsKey("x-fal-retryable"))
        {
            headers["x-fal-retryable"] = error.StatusCode is 429 or 503 ? "true" : "false";
        }

        return WriteAsync(context, error.StatusCode, error.Body);

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                headers[name] = value;
            }
        }
    }
}
