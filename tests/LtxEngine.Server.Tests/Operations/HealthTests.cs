using LtxEngine.Server.Work;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests.Operations;

/// <summary>Alive is not ready: what supervisors and load balancers ask.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_server_is_alive_at_once_ready_when_its_models_are_open_and_stopping_from_then_on()
    {
        ScriptedGenerator generator = new(isLoadHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);

        Assert.Equal((200, """{"status":"alive"}"""), await GetAsync(server, "/health"));
        Assert.Equal((200, """{"status":"alive"}"""), await GetAsync(server, "/health/live"));
        Assert.Equal((503, """{"status":"loading"}"""), await GetAsync(server, "/health/ready"));

        generator.ReleaseLoad();
        await server.WaitAsync(await server.SubmitAsync());
        Assert.Equal((200, """{"status":"ready"}"""), await GetAsync(server, "/health/ready"));

        server.Services.GetRequiredService<ServerLifetime>().Drain();
        Assert.Equal((200, """{"status":"alive"}"""), await GetAsync(server, "/health/live"));
        Assert.Equal((503, """{"status":"stopping"}"""), await GetAsync(server, "/health/ready"));
    }

    [Fact]
    public async Task A_stopping_server_takes_nothing_new_and_says_when_to_come_back()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator, folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", DrainTime = Testing.HangLimit.Time });
        string running = await server.SubmitAsync();
        await server.WaitForStateAsync(running, "IN_PROGRESS");
        Task<Answer> waiting = server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", RunningServer.Input);
        await Testing.HangLimit.UntilAsync(async () => (await server.SendAsync("GET", "/api/jobs")).Body["jobs"]!.AsArray().Count == 2);

        server.Services.GetRequiredService<ServerLifetime>().Drain();

        foreach (string way in (string[])["run", "queue"])
        {
            Answer answer = await server.SendAsync("POST", $"/{way}/{RunningServer.Endpoint}", RunningServer.Input);
            Assert.Equal((503, "10", "true", """{"detail":"The server is stopping"}"""), (answer.StatusCode, answer.Header("Retry-After"), answer.Header("x-fal-retryable"), answer.Body.ToJsonString()));
        }

        // A synchronous run that has not begun ends; the one that runs goes on.
        Assert.Equal((503, "runner_disconnected"), ((await waiting).StatusCode, (string)(await waiting).Body["error_type"]!));
        generator.Release();
        await server.WaitAsync(running);
        Assert.Equal(200, (await server.ResultAsync(running)).StatusCode);
    }

    private static async Task<(int StatusCode, string Body)> GetAsync(RunningServer server, string path)
    {
        Answer answer = await server.SendAsync("GET", path);
        return (answer.StatusCode, answer.Body.ToJsonString());
    }
}
