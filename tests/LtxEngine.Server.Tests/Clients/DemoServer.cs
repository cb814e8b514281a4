using LtxEngine.Server.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>One server with the demo model for all tests that need real videos.</summary>
public sealed class DemoServer : IAsyncLifetime
{
    internal RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(configure: builder => builder.Services.AddSingleton<IClipGenerator>(
        services => new HoldableGenerator(new PipelineClipGenerator(services.GetRequiredService<LtxServerOptions>(), services.GetRequiredService<ILoggerFactory>()))));

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    /// <summary>Holds every clip in its middle until the result is disposed, or the clip is cancelled.</summary>
    internal IDisposable Hold() => ((HoldableGenerator)Server.Services.GetRequiredService<IClipGenerator>()).Hold();
}
