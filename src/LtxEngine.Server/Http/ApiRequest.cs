using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Http;

/// <summary>One request after it is known what it is meant for: by path prefix, host name or proxy target.</summary>
internal sealed class ApiRequest
{
    private ApiRequest(HttpContext context, ApiArea area, string path, IQueryCollection query, string origin, string queuePrefix)
    {
        Context = context;
        Area = area;
        Path = path;
        Segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Query = query;
        Origin = origin;
        QueuePrefix = queuePrefix;
    }

    /// <summary>The request as it came.</summary>
    public HttpContext Context { get; }

    /// <summary>What it is meant for.</summary>
    public ApiArea Area { get; }

    /// <summary>The path within the area, with its leading slash.</summary>
    public string Path { get; }

    /// <summary>The parts of the path.</summary>
    public IReadOnlyList<string> Segments { get; }

    /// <summary>The query; that of the target for proxied requests.</summary>
    public IQueryCollection Query { get; }

    /// <summary>Scheme, host and path base as the caller wrote them.</summary>
    public string Origin { get; }

    /// <summary><see cref="Origin"/> with the prefix under which the caller reaches the queue.</summary>
    public string QueuePrefix { get; }

    /// <summary>The method.</summary>
    public string Method => Context.Request.Method;

    /// <summary>Ends when the caller is gone.</summary>
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Finds out what a request is meant for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="publicUrl">The configured address; null to take it from the request.</param>
    /// <exception cref="ApiErrorException">A proxied request has no usable target.</exception>
    public static ApiRequest Create(HttpContext context, string? publicUrl)
    {
        HttpRequest request = context.Request;
        string origin = publicUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}{request.PathBase}";
        string path = request.Path.Value is { Length: > 0 } value ? value : "/";
        if (path.TrimEnd('/') == "/api/fal/proxy")
        {
            return FromProxy(context, origin);
        }

        foreach ((string prefix, ApiArea area) in (ReadOnlySpan<(string, ApiArea)>)[("/run", ApiArea.Run), ("/queue", ApiArea.Queue), ("/rest", ApiArea.Rest), ("/cdn", ApiArea.Cdn)])
        {
            if (path.StartsWith(prefix + "/", StringComparison.Ordinal) || path == prefix)
            {
                return new ApiRequest(context, area, path[prefix.Length..] is { Length: > 0 } rest ? rest : "/", request.Query, origin, origin + "/queue");
            }
        }

        ApiArea byHost = AreaOfHost(request.Host.Host);
        return new ApiRequest(context, byHost, path, request.Query, origin, origin);
    }

    /// <summary>A proxied request names its target in a header; it is answered here, never fetched.</summary>
    private static ApiRequest FromProxy(HttpContext context, string origin)
    {
        string target = context.Request.Headers["x-fal-target-url"].ToString();
        if (!Uri.TryCreate(target, UriKind.Absolute, out Uri? url) || url.Scheme is not "https" || !url.IsDefaultPort || url.UserInfo.Length > 0)
        {
            throw ApiErrors.Text(400, "Invalid request");
        }

        ApiArea area = url.Host switch
        {
            "fal.run" => ApiArea.Run,
            "queue.fal.run" => ApiArea.Queue,
            "rest.fal.ai" => ApiArea.Rest,
            "v3.fal.media" => ApiArea.Cdn,
            _ => throw ApiErrors.Text(400, "Invalid request"),
        };
        QueryCollection query = new(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(url.Query));
        return new ApiRequest(context, area, Uri.UnescapeDataString(url.AbsolutePath), query, origin, origin + "/queue");
    }

    private static ApiArea AreaOfHost(string host) =>
        host.StartsWith("queue.", StringComparison.OrdinalIgnoreCase) ? ApiArea.Queue
        : host.StartsWith("rest.", StringComparison.OrdinalIgnoreCase) ? ApiArea.Rest
        : host.StartsWith("v3.", StringComparison.OrdinalIgnoreCase) ? ApiArea.Cdn
        : ApiArea.Bare;
}
