namespace LtxEngine.Server.Http;

/// <summary><c>/api/openapi/queue/openapi.json?endpoint_id=…</c>.</summary>
internal sealed class OpenApiRoute(EndpointNames endpoints)
{
    /// <summary>Answers with the document.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answering">The work; null where the path is another.</param>
    public bool TryHandle(ApiRequest request, out Task? answering) =>
        (answering = request.Segments is ["api", "openapi", "queue", "openapi.json"] ? GetAsync(request) : null) is not null;

    private Task GetAsync(ApiRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            throw ApiErrors.WrongMethod("GET");
        }

        string id = request.Query["endpoint_id"].ToString() is { Length: > 0 } given ? given : endpoints.All[0];
        return endpoints.Find(id) is { } endpoint
            ? JsonAnswer.WriteAsync(request.Context, 200, OpenApiDocument.Create(endpoint, request.Origin))
            : throw ApiErrors.UnknownApplication(id);
    }
}
