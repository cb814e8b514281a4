using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>Lets pages of every origin call, errors included. No cookies are used, so nothing of another page is given away.</summary>
internal static class Cors
{
    private const string Exposed = "x-fal-request-id, x-fal-request-timeout-type, x-fal-error-type, x-fal-retryable, x-fal-billable-units, etag";

    /// <summary>Adds the headers to an answer.</summary>
    /// <param name="context">The request.</param>
    public static void AddHeaders(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = context.Request.Headers.Origin is { Count: 1 } origin ? origin : "*";
        headers.AccessControlExposeHeaders = Exposed;
        headers.Append("Vary", "Origin");
    }

    /// <summary>Answers a preflight.</summary>
    /// <param name="context">The request.</param>
    public static void AnswerPreflight(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE, OPTIONS";
        headers.AccessControlMaxAge = "600";
        if (context.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } requested)
        {
            headers.AccessControlAllowHeaders = requested;
        }

        if (context.Request.Headers.ContainsKey("Access-Control-Request-Private-Network"))
        {
            headers["Access-Control-Allow-Private-Network"] = "true";
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
