using LtxEngine;
using LtxEngine.Server;
using LtxEngine.Server.Files;
using LtxEngine.Server.Http;
using LtxEngine.Server.Jobs;
using LtxEngine.Server.Pictures;
using LtxEngine.Server.Playground;
using LtxEngine.Server.Webhooks;
using LtxEngine.Server.Work;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the server in a host's container.</summary>
public static class LtxServerServiceCollectionExtensions
{
    /// <summary>Registers the server: queue, files, workers, web hooks. Map its routes with <c>app.MapLtxEngine()</c>.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">What to serve.</param>
    /// <returns>The container.</returns>
    /// <exception cref="InvalidDataException">Settings cannot be used; all of them are named.</exception>
    public static IServiceCollection AddLtxServer(this IServiceCollection services, LtxServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<ServerFolders>();
        services.AddSingleton<ServerLifetime>();
        services.AddSingleton(provider => ServerSecret.Load(provider.GetRequiredService<ServerFolders>().Data));
        services.TryAddSingleton<IJobStore>(provider => new SqliteJobStore(provider.GetRequiredService<ServerFolders>().JobsFile));
        services.TryAddSingleton<IWorkQueue, InProcessWorkQueue>();
        services.TryAddSingleton<IFileStore>(provider => new LocalFileStore(
            Path.Combine(provider.GetRequiredService<ServerFolders>().Data, "files"), options.DiskQuotaBytes, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IClipGenerator, PipelineClipGenerator>();
        services.AddSingleton(provider => new MultipartUploads(
            provider.GetRequiredService<ServerFolders>().Uploads, options.MaxUploadBytes, options.DiskQuotaBytes, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<SignedTokens>();
        services.AddSingleton(provider => new KeyRing(options.Keys, provider.GetRequiredService<SignedTokens>()));
        services.AddSingleton(_ => new RateLimits(options.RequestsPerMinute));
        services.AddSingleton(_ => new GuardedHttp(options.AllowPrivateNetwork));
        services.AddSingleton<PictureFetcher>();
        services.AddSingleton<PictureCheck>();
        services.AddSingleton<ProgressBoard>();
        services.AddSingleton<JobService>();
        services.AddSingleton<JobAnswers>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<EndpointNames>();
        services.AddSingleton<WebhookSigner>();
        services.AddSingleton<WebhookTargets>();
        services.AddSingleton<QueueRoutes>();
        services.AddSingleton<RunRoutes>();
        services.AddSingleton<StorageRoutes>();
        services.AddSingleton<FileRoutes>();
        services.AddSingleton<OwnRoutes>();
        services.AddSingleton<OpenApiRoute>();
        services.AddSingleton<EstimateRoute>();
        services.AddSingleton<PlaygroundPage>();
        services.AddSingleton<ApiDispatcher>();
        services.AddHostedService<WorkerService>();
        services.AddHostedService<WebhookService>();
        services.AddHostedService<MaintenanceService>();
        if (options.Metrics)
        {
            services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(ServerMetrics.MeterName, LtxTelemetry.MeterName).AddPrometheusExporter());
        }

        return services;
    }

    /// <summary>Registers the server with settings of a configuration section.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The section, such as <c>builder.Configuration.GetSection("LtxServer")</c>.</param>
    /// <returns>The container.</returns>
    /// <exception cref="InvalidDataException">Settings cannot be used; all of them are named.</exception>
    public static IServiceCollection AddLtxServer(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddLtxServer(configuration.Get<LtxServerOptions>() ?? new LtxServerOptions());
    }
}
