using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LtxEngine.Server.Http;

/// <summary>
/// Limits of a request's head. What is beyond them is answered here, as every other error is; only what is far beyond them meets the web server's
/// own limits, whose answers have no body.
/// </summary>
internal static class HeadLimits
{
    /// <summary>Most header lines.</summary>
    public const int MaxHeaders = 64;

    /// <summary>Most bytes of all header lines.</summary>
    public const int MaxHeaderBytes = 32 * 1024;

    /// <summary>Most characters of path and query.</summary>
    public const int MaxTarget = 8 * 1024;

    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="ApiErrorException">414 or 431.</exception>
    public static void Check(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget.Length > MaxTarget)
        {
            throw ApiErrors.Text(StatusCodes.Status414UriTooLong, $"Path and query have more than {MaxTarget} characters");
        }

        int lines = 0;
        int bytes = 0;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Headers)
        {
            foreach (string? value in values)
            {
                lines++;
                bytes += name.Length + (value?.Length ?? 0) + ": \r\n".Length;
            }
        }

        if (lines > MaxHeaders || bytes > MaxHeaderBytes)
        {
            throw ApiErrors.Text(StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The header has {lines} lines and {bytes} bytes; allowed are {MaxHeaders} and {MaxHeaderBytes}");
        }
    }
}
