using LtxEngine.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Tests;

public sealed class LtxPipelineHostTests
{
    [Fact]
    public async Task The_container_loads_once_logs_and_disposes()
    {
        LineLogs logs = new();
        ServiceCollection services = new();
        services.AddSingleton<ILoggerFactory>(logs);
        services.AddLtxEngine(DemoPipeline.Options);
        LtxPipeline pipeline;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            LtxPipelineHost host = provider.GetRequiredService<LtxPipelineHost>();
            LtxPipeline[] pipelines = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.GetPipelineAsync()));
            pipeline = Assert.Single(pipelines.Distinct());
            Assert.Contains(logs.Lines, l => l.Contains(RepositoryPaths.DemoModel, StringComparison.Ordinal));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(DemoPipeline.Request));
    }

    [Fact]
    public async Task A_failed_load_is_tried_again()
    {
        string folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        await using LtxPipelineHost host = new(new LtxPipelineOptions { ModelDirectory = folder });

        await Assert.ThrowsAsync<ModelFormatException>(() => host.GetPipelineAsync());
        await Assert.ThrowsAsync<ModelFormatException>(() => host.GetPipelineAsync());
    }

    private sealed class LineLogs : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
