using LtxEngine.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Hosting;

/// <summary>The server as a program of its own: what <c>ltx serve</c> runs.</summary>
internal static class ServerHost
{
    /// <summary>Builds the program; start it with <c>RunAsync</c>.</summary>
    /// <param name="options">What to serve.</param>
    /// <param name="urls">Where to listen, such as <c>http://127.0.0.1:8080</c>; port 0 takes a free one.</param>
    /// <param name="configure">Changes services, for example the logging; null for nothing.</param>
    /// <exception cref="InvalidDataException">Settings cannot be used; all of them are named.</exception>
    public static WebApplication Create(LtxServerOptions options, IReadOnlyList<string> urls, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls([.. urls]);
        if (urls.Any(url => url.StartsWith("https", StringComparison.OrdinalIgnoreCase)))
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(LimitKestrel);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTime + TimeSpan.FromSeconds(10));
        builder.Services.AddLtxServer(options);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        configure?.Invoke(builder);
        WebApplication application = builder.Build();
        application.MapLtxEngine();
        return application;
    }

    /// <summary>Why a program stopped by itself.</summary>
    /// <param name="application">The program.</param>
    /// <returns>The reason; null where it was told to stop.</returns>
    public static string? FailureOf(WebApplication application) => application.Services.GetRequiredService<Work.ServerLifetime>().Failure;

    private static void LimitKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 2 * HeadLimits.MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = 4 * HeadLimits.MaxHeaders;
        kestrel.Limits.MaxRequestLineSize = 2 * HeadLimits.MaxTarget;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.MaxConcurrentConnections = 5000;
    }
}
