using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Tests;

/// <summary>A program that takes web hooks.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<(IHeaderDictionary Headers, byte[] Body)> _received = new();
    private readonly WebApplication _application;
    private int _refusals;

    private WebhookReceiver(WebApplication application, int refusals)
    {
        _application = application;
        _refusals = refusals;
    }

    /// <summary>Where deliveries are taken.</summary>
    public string Url => _application.Urls.First() + "/hook";

    /// <summary>The query of the last delivery.</summary>
    public string LastQuery { get; private set; } = string.Empty;

    /// <summary>How many deliveries to another address were answered with a redirect to this one.</summary>
    public int Redirects { get; private set; }

    /// <summary>Deliveries that were taken and not read yet.</summary>
    public int Waiting => _received.Count;

    /// <summary>Starts a receiver.</summary>
    /// <param name="refusals">How many deliveries it answers with 500 first.</param>
    public static async Task<WebhookReceiver> StartAsync(int refusals = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        WebhookReceiver receiver = new(application, refusals);
        application.MapPost("/hook", receiver.TakeAsync);
        application.MapPost("/moved", receiver.Redirect);
        await application.StartAsync();
        return receiver;
    }

    /// <summary>Waits for the next delivery.</summary>
    public async Task<(IHeaderDictionary Headers, byte[] Body)> ReceiveAsync()
    {
        (IHeaderDictionary Headers, byte[] Body) delivery = default;
        await Testing.HangLimit.UntilAsync(() => _received.TryDequeue(out delivery));
        return delivery;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private IResult Redirect()
    {
        Redirects++;
        return Results.Redirect("/hook", preserveMethod: true);
    }

    private async Task TakeAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        LastQuery = context.Request.QueryString.Value ?? string.Empty;
        _received.Enqueue((new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray()));
        context.Response.StatusCode = Interlocked.Decrement(ref _refusals) >= 0 ? 500 : 204;
    }
}
