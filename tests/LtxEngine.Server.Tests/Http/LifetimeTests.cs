using System.Net;
using System.Text;
using LtxEngine.Server.Files;
using LtxEngine.Server.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LtxEngine.Server.Tests.Http;

/// <summary>How long files and results are kept, who decides it, and what a full disk does; the clock is the test's.</summary>
public sealed class LifetimeTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("x-fal-object-lifecycle", """{"expiration_duration_seconds":3600,"initial_acl":{"default":"allow"}}""", 3600)]
    [InlineData("x-fal-object-lifecycle-preference", """{"expiration_duration_seconds": 60}""", 60)]
    [InlineData("x-fal-object-lifecycle", """{"expiration_duration_seconds":-1}""", 86400)]
    [InlineData("x-fal-object-lifecycle", "not JSON", 86400)]
    [InlineData("x-unrelated", "1", 86400)]
    public async Task Uploads_expire_when_their_header_or_else_the_server_says(string header, string value, int seconds)
    {
        await using RunningServer server = await StartAsync();
        string url = await UploadAsync(server, "content", (header, value));

        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(url)).StatusCode);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(404, (await server.SendAsync("GET", url)).StatusCode);
        await SweepAsync(server);
        Assert.Equal(0, await UsedAsync(server));
    }

    [Fact]
    public async Task Results_expire_when_the_submit_said_and_the_result_itself_stays()
    {
        await using RunningServer server = await StartAsync();
        string id = await server.SubmitAsync(RunningServer.Input, string.Empty, ("x-fal-object-lifecycle-preference", """{"expiration_duration_seconds":120}"""));
        await server.WaitAsync(id);
        string url = (string)(await server.ResultAsync(id)).Body["video"]!["url"]!;

        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal("a clip of a boat", await server.Client.GetStringAsync(url));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(404, (await server.SendAsync("GET", url)).StatusCode);
        Assert.Equal(url, (string)(await server.ResultAsync(id)).Body["video"]!["url"]!);
    }

    [Fact]
    public async Task A_clip_within_the_answer_stays_until_it_was_read_and_ten_minutes_at_least()
    {
        await using RunningServer server = await StartAsync();
        string inline = RunningServer.Input.Replace("\"seed\"", "\"sync_mode\":true,\"seed\"", StringComparison.Ordinal);
        string id = await server.SubmitAsync(inline);
        await server.WaitAsync(id);
        string expected = "data:video/mp4;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes("a clip of a boat"));

        // Unread it is kept like every other.
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(expected, (string)(await server.ResultAsync(id)).Body["video"]!["url"]!);

        string second = await server.SubmitAsync(inline);
        await server.WaitAsync(second);
        Assert.Equal(expected, (string)(await server.ResultAsync(second)).Body["video"]!["url"]!);
        _time.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal(expected, (string)(await server.ResultAsync(second)).Body["video"]!["url"]!);
        _time.Advance(TimeSpan.FromSeconds(1));
        Answer gone = await server.ResultAsync(second);
        Assert.Equal((404, """{"detail":"The result has expired"}"""), (gone.StatusCode, gone.Body.ToJsonString()));

        // The page's history never tells the content.
        Assert.DoesNotContain("base64", (await server.SendAsync("GET", $"/api/jobs/{second}")).Body["result"]!.ToJsonString(), StringComparison.Ordinal);
        await SweepAsync(server);
        Assert.Equal(0, await UsedAsync(server));
    }

    [Fact]
    public async Task A_full_disk_refuses_uploads_and_submits_until_something_expired()
    {
        await using RunningServer server = await StartAsync(quota: 10_000);
        await UploadAsync(server, new string('a', 9_000), ("x-fal-object-lifecycle", """{"expiration_duration_seconds":60}"""));

        Answer grant = await server.SendAsync("POST", "/rest/storage/upload/initiate?storage_type=fal-cdn-v3", "{}");
        Answer full = await server.SendAsync("PUT", (string)grant.Body["upload_url"]!, $"\"{new string('b', 2_000)}\"");
        Assert.Equal((507, "The server's storage is full"), (full.StatusCode, (string)full.Body["detail"]!));
        string large = RunningServer.Input.Replace("base64,", "base64," + new string('A', 8000), StringComparison.Ordinal);
        Assert.Equal(507, (await server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}", large)).StatusCode);
        Assert.Empty((await server.SendAsync("GET", "/api/jobs")).Body["jobs"]!.AsArray());
        Assert.Equal(9_000, await UsedAsync(server));

        _time.Advance(TimeSpan.FromSeconds(61));
        await SweepAsync(server);
        Assert.Equal(200, (await server.SendAsync("PUT", (string)grant.Body["upload_url"]!, $"\"{new string('b', 2_000)}\"")).StatusCode);
        Assert.Equal(2_002, await UsedAsync(server));
    }

    [Fact]
    public async Task Old_requests_go_with_their_logs()
    {
        await using RunningServer server = await StartAsync();
        string id = await server.SubmitAsync();
        await server.WaitAsync(id);

        _time.Advance(TimeSpan.FromDays(29));
        await SweepAsync(server);
        Assert.Equal(200, (await server.ResultAsync(id)).StatusCode);
        _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        await SweepAsync(server);

        Assert.Equal(404, (await server.ResultAsync(id)).StatusCode);
    }

    private Task<RunningServer> StartAsync(long quota = 1 << 20) => RunningServer.StartAsync(
        new ScriptedGenerator(),
        folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", FileLifetime = TimeSpan.FromDays(1), DiskQuotaBytes = quota, DrainTime = TimeSpan.Zero },
        builder => builder.Services.AddSingleton<TimeProvider>(_time));

    private static Task SweepAsync(RunningServer server) =>
        server.Services.GetServices<IHostedService>().OfType<MaintenanceService>().Single().SweepAsync(CancellationToken.None);

    private static Task<long> UsedAsync(RunningServer server) => server.Services.GetRequiredService<IFileStore>().GetUsedBytesAsync();

    private static async Task<string> UploadAsync(RunningServer server, string content, (string Name, string Value) header)
    {
        Answer grant = await server.SendAsync("POST", "/rest/storage/upload/initiate?storage_type=fal-cdn-v3", """{"content_type":"image/png","file_name":"a.png"}""", header);
        using StringContent body = new(content);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.PutAsync((string)grant.Body["upload_url"]!, body)).StatusCode);
        return (string)grant.Body["file_url"]!;
    }
}
