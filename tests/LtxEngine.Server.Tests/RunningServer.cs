using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Hosting;
using LtxEngine.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests;

/// <summary>The server on a free port of this machine, over real sockets.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public const string Endpoint = "fal-ai/ltx-2-19b/image-to-video";
    public const string App = "fal-ai/ltx-2-19b";

    /// <summary>A valid input; its picture is a 1 × 1 PNG.</summary>
    public const string Input =
        """{"prompt":"a boat","image_url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==","video_size":{"width":64,"height":64},"num_frames":9,"num_inference_steps":8,"seed":7}""";

    /// <summary>An input that keeps the engine busy for many minutes; a test that submits it does not wait for its end.</summary>
    public static string EndlessInput { get; } = Input
        .Replace("{\"width\":64,\"height\":64}", "{\"width\":256,\"height\":256}", StringComparison.Ordinal)
        .Replace("\"num_frames\":9", "\"num_frames\":481", StringComparison.Ordinal)
        .Replace("\"num_inference_steps\":8", "\"num_inference_steps\":50,\"use_multiscale\":false,\"enable_prompt_expansion\":false,\"acceleration\":\"none\"", StringComparison.Ordinal);

    private readonly WebApplication _application;
    private readonly TemporaryFolder? _folder;

    private RunningServer(WebApplication application, TemporaryFolder? folder)
    {
        _application = application;
        _folder = folder;
        Url = application.Urls.First();
        Client = new HttpClient { BaseAddress = new Uri(Url), Timeout = Testing.HangLimit.Time };
    }

    public string Url { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _application.Services;

    /// <summary>Starts a server.</summary>
    /// <param name="generator">Makes the clips; null for the engine on the demo model.</param>
    /// <param name="options">Settings; the data folder may be one that an earlier server used. Null for a new folder.</param>
    /// <param name="configure">Changes services.</param>
    public static async Task<RunningServer> StartAsync(IClipGenerator? generator = null, Func<string, LtxServerOptions>? options = null, Action<WebApplicationBuilder>? configure = null)
    {
        TemporaryFolder folder = new();
        LtxServerOptions chosen = options?.Invoke(folder.Path) ?? Options(folder.Path);
        WebApplication application = ServerHost.Create(chosen, ["http://127.0.0.1:0"], builder =>
        {
            if (generator is not null)
            {
                builder.Services.AddSingleton(generator);
            }

            configure?.Invoke(builder);
        });
        await application.StartAsync();
        return new RunningServer(application, folder);
    }

    /// <summary>Plain settings.</summary>
    public static LtxServerOptions Options(string folder) => new() { DataDirectory = folder, ModelDirectory = Testing.RepositoryPaths.DemoModel, DrainTime = TimeSpan.FromMilliseconds(500) };

    /// <summary>Plain settings, and web hooks may go to this machine.</summary>
    public static LtxServerOptions OptionsWithLocalWebhooks(string folder) => new()
    {
        DataDirectory = folder,
        ModelDirectory = Testing.RepositoryPaths.DemoModel,
        WebhookHosts = ["127.0.0.1"],
        DrainTime = TimeSpan.Zero,
    };

    /// <summary>Sends a request; the answer's body must be JSON, an error's an object.</summary>
    public async Task<Answer> SendAsync(string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        JsonNode body = JsonNode.Parse(text)!;
        if (!response.IsSuccessStatusCode)
        {
            Assert.IsType<JsonObject>(body);
        }

        return new Answer((int)response.StatusCode, body, response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Submits and returns the request id.</summary>
    public async Task<string> SubmitAsync(string input = Input, string query = "", params (string Name, string Value)[] headers)
    {
        Answer answer = await SendAsync("POST", $"/queue/{Endpoint}{query}", input, headers);
        Assert.Equal(200, answer.StatusCode);
        return (string)answer.Body["request_id"]!;
    }

    /// <summary>Polls until a request is completed and returns the last status.</summary>
    public async Task<JsonNode> WaitAsync(string id)
    {
        Answer answer = null!;
        await Testing.HangLimit.UntilAsync(async () => (answer = await SendAsync("GET", $"/queue/{App}/requests/{id}/status?logs=1")).StatusCode != 202);
        Assert.Equal((200, "COMPLETED"), (answer.StatusCode, (string)answer.Body["status"]!));
        return answer.Body;
    }

    /// <summary>Polls until a request has a state.</summary>
    public Task WaitForStateAsync(string id, string state) =>
        Testing.HangLimit.UntilAsync(async () => (string)(await SendAsync("GET", $"/queue/{App}/requests/{id}/status")).Body["status"]! == state);

    public Task<Answer> ResultAsync(string id) => SendAsync("GET", $"/queue/{App}/requests/{id}");

    public Task StopAsync() => _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        _folder?.Dispose();
    }
}
