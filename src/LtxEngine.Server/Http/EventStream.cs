using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LtxEngine.Server.Http;

/// <summary>An answer of server-sent events, each flushed at once.</summary>
internal sealed class EventStream
{
    private readonly HttpResponse _response;

    private EventStream(HttpResponse response) => _response = response;

    /// <summary>Sends the head of the answer.</summary>
    /// <param name="context">The request.</param>
    public static async Task<EventStream> StartAsync(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        return new EventStream(context.Response);
    }

    /// <summary>Sends one event.</summary>
    /// <param name="data">Its data.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task SendAsync(JsonNode data, CancellationToken cancellationToken) => WriteAsync($"data: {data.ToJsonString(JsonAnswer.Options)}\n\n", cancellationToken);

    /// <summary>Sends one named event.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">Its data.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task SendAsync(string name, JsonNode data, CancellationToken cancellationToken) =>
        WriteAsync($"event: {name}\ndata: {data.ToJsonString(JsonAnswer.Options)}\n\n", cancellationToken);

    /// <summary>Sends a comment, which keeps the connection open.</summary>
    /// <param name="cancellationToken">Stops.</param>
    public Task PingAsync(CancellationToken cancellationToken) => WriteAsync(": ping\n\n", cancellationToken);

    private async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        await _response.WriteAsync(text, cancellationToken).ConfigureAwait(false);
        await _response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
