namespace LtxEngine.Server.Tests.Clients;

/// <summary>One server with the demo model for all tests that need real videos.</summary>
public sealed class DemoServer : IAsyncLifetime
{
    internal RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();
}
