using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Server.Tests.Operations;

/// <summary><c>app.MapLtxEngine()</c> in a program that has routes of its own, and several models in one server.</summary>
public sealed class EmbeddingTests
{
    [Theory]
    [InlineData("")]
    [InlineData("/video/api")]
    public async Task The_routes_of_the_host_stay_and_ours_lie_below_the_group(string group)
    {
        using TemporaryFolder folder = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("LtxServer:ModelDirectory", "unused"), new("LtxServer:DataDirectory", folder.File("data")), new("LtxServer:DrainTime", "00:00:00")]);
        builder.Services.AddSingleton<IClipGenerator>(new ScriptedGenerator());
        builder.Services.AddLtxServer(builder.Configuration.GetSection("LtxServer"));
        await using WebApplication application = builder.Build();
        application.MapGet("/mine", () => "the host's own");
        application.MapGet("/queue/mine", () => "also the host's own");
        IEndpointRouteBuilder place = group.Length == 0 ? application : application.MapGroup(group);
        place.MapLtxEngine();
        await application.StartAsync();
        string url = application.Urls.First();
        using HttpClient client = new() { BaseAddress = new Uri(url) };

        Assert.Equal("the host's own", await client.GetStringAsync("/mine"));
        Assert.Equal("also the host's own", await client.GetStringAsync("/queue/mine"));
        JsonNode submitted = JsonNode.Parse(await (await client.PostAsync($"{group}/queue/{RunningServer.Endpoint}", new StringContent(RunningServer.Input, Encoding.UTF8, "application/json"))).Content.ReadAsStringAsync())!;
        Assert.Equal($"{url}{group}/queue/{RunningServer.App}/requests/{(string)submitted["request_id"]!}/status", (string)submitted["status_url"]!);
        await Testing.HangLimit.UntilAsync(async () => (await client.GetAsync((string)submitted["status_url"]!)).StatusCode != HttpStatusCode.Accepted);

        JsonNode result = JsonNode.Parse(await client.GetStringAsync((string)submitted["response_url"]!))!;
        Assert.StartsWith($"{url}{group}/cdn/files/", (string)result["video"]!["url"]!, StringComparison.Ordinal);
        Assert.Equal("a clip of a boat", await client.GetStringAsync((string)result["video"]!["url"]!));
        Assert.Contains("<title>LtxEngine playground</title>", await client.GetStringAsync(group.Length == 0 ? "/" : group), StringComparison.Ordinal);
        Assert.Contains("RequestFailed", await client.GetStringAsync(group + "/playground/client.js"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(group + "/metrics")).StatusCode);
        HttpResponseMessage unknown = await client.GetAsync(group + "/nothing");
        Assert.Equal((HttpStatusCode.NotFound, """{"detail":"Path /nothing not found"}"""), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
        if (group.Length > 0)
        {
            Assert.Equal(string.Empty, await (await client.GetAsync("/nothing")).Content.ReadAsStringAsync());
        }

        await application.StopAsync();
    }

    [Fact]
    public async Task Several_models_are_served_by_name_and_do_not_mix()
    {
        ScriptedGenerator generator = new();
        await using RunningServer server = await RunningServer.StartAsync(generator, folder => new LtxServerOptions
        {
            DataDirectory = folder,
            DrainTime = TimeSpan.Zero,
            Models = new Dictionary<string, string>(StringComparer.Ordinal) { [RunningServer.Endpoint] = "a", ["my/ltx/draft"] = "b" },
        });

        Assert.Equal($$"""{"models":["{{RunningServer.Endpoint}}","my/ltx/draft"]}""", (await server.SendAsync("GET", "/api/models")).Body.ToJsonString());
        foreach (string endpoint in (string[])[RunningServer.Endpoint, "my/ltx/draft"])
        {
            Assert.Equal(200, (await server.SendAsync("POST", $"/run/{endpoint}", RunningServer.Input)).StatusCode);
        }

        Assert.Equal([RunningServer.Endpoint, "my/ltx/draft"], generator.Endpoints);
        string id = (string)(await server.SendAsync("POST", "/queue/my/ltx/draft", RunningServer.Input)).Body["request_id"]!;
        await Testing.HangLimit.UntilAsync(async () => (await server.SendAsync("GET", $"/queue/my/ltx/requests/{id}/status")).StatusCode == 200);

        Assert.Equal(200, (await server.SendAsync("GET", $"/queue/my/ltx/requests/{id}")).StatusCode);
        Assert.Equal(404, (await server.SendAsync("GET", $"/queue/{RunningServer.App}/requests/{id}")).StatusCode);
        JsonNode document = (await server.SendAsync("GET", "/api/openapi/queue/openapi.json?endpoint_id=my/ltx/draft")).Body;
        Assert.NotNull(document["paths"]!["/my/ltx/draft"]);
        Assert.NotNull(document["components"]!["schemas"]!["LtxDraftInput"]);
    }

    [Fact]
    public void All_wrong_settings_are_named_at_once()
    {
        LtxServerOptions options = new() { ModelDirectory = "x", QueueLimit = 0, WorkersPerModel = 65, MinImageSide = 0, MaxImageSide = 70_000, PublicUrl = "ftp://x", Keys = [""] };

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => new ServiceCollection().AddLtxServer(options));

        Assert.All((string[])["QueueLimit is 0", "WorkersPerModel is 65", "MinImageSide is 0", "MaxImageSide is 70000", "PublicUrl is 'ftp://x'", "Keys must not"], text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
    }
}
