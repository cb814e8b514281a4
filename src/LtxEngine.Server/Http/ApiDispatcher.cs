using System.Diagnostics;
using System.Text.Json.Nodes;
using LtxEngine.Server.Playground;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Http;

/// <summary>Takes every request of the server to its route, and turns what goes wrong into the error bodies that clients expect.</summary>
internal sealed class ApiDispatcher(
    QueueRoutes queue, RunRoutes runs, StorageRoutes storage, FileRoutes files, OwnRoutes own, OpenApiRoute openApi, EstimateRoute estimates, PlaygroundPage playground, EndpointNames endpoints, LtxServerOptions options, ILogger<ApiDispatcher> log)
{
    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    public async Task HandleAsync(HttpContext context)
    {
        Cors.AddHeaders(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return;
        }

        // Routes put the id of a job in its place.
        context.Response.Headers["x-fal-request-id"] = Guid.NewGuid().ToString();
        long start = Stopwatch.GetTimestamp();
        ApiErrorException? error = null;
        try
        {
            HeadLimits.Check(context.Request);
            await RouteAsync(ApiRequest.Create(context, options.PublicUrl)).ConfigureAwait(false);
        }
        catch (ApiErrorException exception)
        {
            error = exception;
        }
        catch (BadHttpRequestException exception)
        {
            // Too long or too slow a body. Clients repeat 408, which would not help.
            error = exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? ApiErrors.Text(StatusCodes.Status413PayloadTooLarge, "The body is too large")
                : ApiErrors.Text(StatusCodes.Status400BadRequest, "The request could not be read", "bad_request");
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The caller is gone.
            return;
        }
#pragma warning disable CA1031 // The border to the caller: whatever went wrong becomes an answer that says nothing of the inside.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.LogError(exception, "{Method} {Path} failed, request {RequestId}", context.Request.Method, LoggedPath(context), context.Response.Headers["x-fal-request-id"].ToString());
            JsonObject entry = new() { ["loc"] = new JsonArray("body"), ["msg"] = "Internal server error", ["type"] = "internal_server_error" };
            error = new ApiErrorException(500, new JsonObject { ["detail"] = new JsonArray(entry) });
        }

        if (error is not null)
        {
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await JsonAnswer.WriteAsync(context, error).ConfigureAwait(false);
        }

        // Clients poll several times a second, so reads are told at debug only.
        log.Log(
            HttpMethods.IsGet(context.Request.Method) ? LogLevel.Debug : LogLevel.Information,
            "{Method} {Path} answered {StatusCode} in {Milliseconds} ms, request {RequestId}",
            context.Request.Method,
            LoggedPath(context),
            context.Response.StatusCode,
            (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            context.Response.Headers["x-fal-request-id"].ToString());
    }

    /// <summary>Addresses of files and uploads are permissions to use them, and stay out of the log.</summary>
    private static string LoggedPath(HttpContext context)
    {
        string path = context.Request.Path.Value ?? string.Empty;
        bool isFile = path.Contains("/files/", StringComparison.Ordinal) || path.Contains("/upload/", StringComparison.Ordinal) || path.Contains("/multipart/", StringComparison.Ordinal);
        return isFile ? string.Join('/', path.Split('/').Take(3)) + "/…" : path;
    }

    private Task RouteAsync(ApiRequest request) => request.Area switch
    {
        ApiArea.Rest => storage.HandleRestAsync(request),
        ApiArea.Cdn => RouteCdn(request),
        _ => RouteEndpoint(request),
    };

    private Task RouteCdn(ApiRequest request) =>
        storage.TryHandleCdn(request, out Task? storing) ? storing!
        : request.Segments is ["files", { } id, { } name] ? files.GetAsync(request, id, name)
        : throw ApiErrors.UnknownPath(request.Path);

    private Task RouteEndpoint(ApiRequest request)
    {
        IReadOnlyList<string> segments = request.Segments;
        string path = string.Join('/', segments);
        if (request.Area == ApiArea.Bare)
        {
            if (own.TryHandle(request, out Task? answering) || openApi.TryHandle(request, out answering)
                || estimates.TryHandle(request, out answering) || playground.TryHandle(request, out answering))
            {
                return answering!;
            }

            if (path == ".well-known/jwks.json")
            {
                return storage.HandleRestAsync(request);
            }
        }

        int requests = segments.Count > 3 ? Array.IndexOf([.. segments], "requests", 2) : -1;
        if (requests >= 2 && segments.Count > requests + 1 && request.Area != ApiArea.Run)
        {
            return queue.HandleRequestAsync(request, $"{segments[0]}/{segments[1]}", segments[requests + 1], string.Join('/', segments.Skip(requests + 2)));
        }

        if (endpoints.Find(path) is { } endpoint)
        {
            return request.Method != "POST" ? throw ApiErrors.WrongMethod("POST")
                : request.Area == ApiArea.Queue ? queue.SubmitAsync(request, endpoint)
                : runs.RunAsync(request, endpoint);
        }

        string app = string.Join('/', segments.Take(2));
        throw segments.Count >= 2 && endpoints.HasApp(app) ? ApiErrors.UnknownPath("/" + string.Join('/', segments.Skip(2)))
            : segments.Count >= 2 ? ApiErrors.UnknownApplication(app)
            : ApiErrors.UnknownPath(request.Path);
    }
}
