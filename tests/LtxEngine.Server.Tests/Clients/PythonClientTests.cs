using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>
/// The requests of the Python client, replayed over a socket as the protocol records them (§1): header lines of httpx in their order,
/// <c>Content-Type</c> only with a JSON body, <c>logs=true</c> and <c>logs=false</c>, addresses taken from the answers. Its package is not at hand.
/// </summary>
public sealed class PythonClientTests(DemoServer demo) : IClassFixture<DemoServer>
{
    private const string ExpectedVideo = "h264,64,64,9 aac";
    private const string UserAgent = "fal-client/1.0.0 (python)";

    private RunningServer Server => demo.Server;

    [Fact]
    public async Task Submit_status_and_result_follow_the_addresses_of_the_answers()
    {
        RawAnswer submitted = await PostJsonAsync($"/queue/{RunningServer.Endpoint}", Arguments(await PictureAsync()), ("x-fal-queue-priority", "low"), ("x-fal-request-timeout", "300.0"));
        Assert.Equal(200, submitted.StatusCode);

        // The client makes its handle of these four keys; a missing one is a KeyError.
        string id = (string)submitted.Json["request_id"]!;
        string responseUrl = (string)submitted.Json["response_url"]!;
        string statusUrl = (string)submitted.Json["status_url"]!;
        Assert.EndsWith($"/requests/{id}/cancel", (string)submitted.Json["cancel_url"]!, StringComparison.Ordinal);

        (string[] messages, JsonNode completed) = await PollAsync(statusUrl, withLogs: true);
        Assert.Contains("Denoising: step 8 of 8", messages);
        Assert.True((double)completed["metrics"]!["inference_time"]! > 0);

        // subscribe polls once more without logs: the keys must be there all the same.
        RawAnswer last = await GetAsync(statusUrl + "?logs=false");
        Assert.True(last.Json.AsObject().ContainsKey("logs"));
        Assert.Null(last.Json["logs"]);
        RawAnswer result = await GetAsync(responseUrl);
        Assert.Equal((200, id), (result.StatusCode, result.Headers["x-fal-request-id"]));
        await CheckVideoAsync(result.Json);
    }

    [Fact]
    public async Task Status_while_waiting_and_running_has_every_key_that_is_indexed()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string running = await server.SubmitAsync();
        await server.WaitForStateAsync(running, "IN_PROGRESS");
        string waiting = await server.SubmitAsync();

        RawAnswer queued = await RawHttp.SendAsync(server.Url, Head("GET", server.Url, $"/queue/{RunningServer.App}/requests/{waiting}/status?logs=false"));
        RawAnswer progress = await RawHttp.SendAsync(server.Url, Head("GET", server.Url, $"/queue/{RunningServer.App}/requests/{running}/status?logs=true"));
        RawAnswer withSlash = await RawHttp.SendAsync(server.Url, Head("GET", server.Url, $"/queue/{RunningServer.App}/requests/{running}/status/?logs=1"));

        Assert.Equal((202, "IN_QUEUE", 0), (queued.StatusCode, (string)queued.Json["status"]!, (int)queued.Json["queue_position"]!));
        Assert.Equal((202, "IN_PROGRESS"), (progress.StatusCode, (string)progress.Json["status"]!));
        Assert.Equal("Started", (string)progress.Json["logs"]![0]!["message"]!);
        Assert.Equal(progress.Json.ToJsonString(), withSlash.Json.ToJsonString());
        generator.Release(2);
    }

    [Fact]
    public async Task Run_answers_with_the_output_alone()
    {
        RawAnswer result = await PostJsonAsync($"/run/{RunningServer.Endpoint}", Arguments(await PictureAsync()));

        Assert.Equal(200, result.StatusCode);
        Assert.Equal(["video", "seed", "prompt"], result.Json.AsObject().Select(p => p.Key));
        await CheckVideoAsync(result.Json);
    }

    [Fact]
    public async Task Cancel_has_no_body_and_gets_one()
    {
        using IDisposable hold = demo.Hold();
        RawAnswer submitted = await PostJsonAsync($"/queue/{RunningServer.Endpoint}", Arguments(await PictureAsync()));
        string path = new Uri((string)submitted.Json["cancel_url"]!).AbsolutePath;

        RawAnswer cancelled = await RawHttp.SendAsync(Server.Url, Head("PUT", Server.Url, path, ("Content-Length", "0")));

        Assert.Contains(cancelled.StatusCode, (int[])[200, 202]);
        Assert.Equal("CANCELLATION_REQUESTED", (string)cancelled.Json["status"]!);
        (_, JsonNode completed) = await PollAsync((string)submitted.Json["status_url"]!, withLogs: false);
        Assert.Equal("client_cancelled", (string)completed["error_type"]!);
        RawAnswer result = await GetAsync((string)submitted.Json["response_url"]!);
        Assert.Equal((499, "client_cancelled", "Request was cancelled"), (result.StatusCode, result.Headers["x-fal-error-type"], (string)result.Json["detail"]!));
    }

    [Fact]
    public async Task A_web_hook_is_named_in_the_query()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync(null, RunningServer.OptionsWithLocalWebhooks);
        byte[] body = Encoding.UTF8.GetBytes(Arguments(ClientProgram.PictureData));

        RawAnswer submitted = await RawHttp.SendAsync(
            server.Url,
            Head("POST", server.Url, $"/queue/{RunningServer.Endpoint}?fal_webhook={Uri.EscapeDataString(receiver.Url)}", ("Content-Length", $"{body.Length}"), ("Content-Type", "application/json")),
            body);

        JsonNode delivery = JsonNode.Parse((await receiver.ReceiveAsync()).Body)!;
        Assert.Equal((string)submitted.Json["request_id"]!, (string)delivery["request_id"]!);
        await CheckVideoAsync(delivery["payload"]!);
    }

    [Fact]
    public async Task A_stream_is_told_that_the_endpoint_has_none()
    {
        RawAnswer answer = await PostJsonAsync($"/run/{RunningServer.Endpoint}/stream", "{}");

        Assert.Equal((404, """{"detail":"Path /image-to-video/stream not found"}"""), (answer.StatusCode, answer.Json.ToJsonString()));
    }

    [Fact]
    public async Task Errors_have_what_its_exceptions_show()
    {
        RawAnswer refused = await PostJsonAsync($"/run/{RunningServer.Endpoint}", """{"prompt": "x", "num_frames": 482}""");
        Assert.Equal(422, refused.StatusCode);
        Assert.Equal(
            """{"detail":[{"type":"missing","loc":["body","image_url"],"msg":"Field required","input":{"prompt":"x","num_frames":482}},{"type":"less_than_equal","loc":["body","num_frames"],"msg":"Input should be less than or equal to 481","input":482,"ctx":{"le":481}}]}""",
            refused.Json.ToJsonString());
        RawAnswer unknown = await GetAsync($"{Server.Url}/queue/{RunningServer.App}/requests/{Guid.Empty}/status?logs=true");
        Assert.Equal((404, """{"detail":"Request not found"}"""), (unknown.StatusCode, unknown.Json.ToJsonString()));
    }

    [Fact]
    public async Task A_failed_upload_falls_back_to_an_address_that_is_put_to_with_the_key()
    {
        RawAnswer grant = await PostJsonAsync("/rest/storage/upload/initiate?storage_type=gcs", """{"content_type": "image/png", "file_name": "upload.bin"}""");
        byte[] content = await File.ReadAllBytesAsync(ClientProgram.Picture);
        Uri address = new((string)grant.Json["upload_url"]!);

        RawAnswer put = await RawHttp.SendAsync(Server.Url, Head("PUT", Server.Url, address.PathAndQuery, ("Content-Length", $"{content.Length}"), ("Content-Type", "image/png")), content);

        Assert.Equal(200, put.StatusCode);
        Assert.Equal(content, await Server.Client.GetByteArrayAsync((string)grant.Json["file_url"]!));
    }

    /// <summary>Uploads as <c>upload_file</c> does: a token, then the bytes to the CDN host.</summary>
    private async Task<string> PictureAsync()
    {
        RawAnswer token = await PostJsonAsync("/rest/storage/auth/token?storage_type=fal-cdn-v3", "{}");
        Assert.Equal(["token", "token_type", "base_url", "expires_at"], token.Json.AsObject().Select(p => p.Key));
        byte[] content = await File.ReadAllBytesAsync(ClientProgram.Picture);
        string[] head =
        [
            "POST /cdn/files/upload HTTP/1.1",
            $"Host: {new Uri(Server.Url).Authority}",
            "Accept: */*",
            "Accept-Encoding: gzip, deflate",
            "Connection: keep-alive",
            $"User-Agent: {UserAgent}",
            $"Authorization: {(string)token.Json["token_type"]!} {(string)token.Json["token"]!}",
            "Content-Type: image/png",
            "X-Fal-File-Name: boat.png",
            $"Content-Length: {content.Length}",
        ];
        return (string)(await RawHttp.SendAsync(Server.Url, head, content)).Json["access_url"]!;
    }

    private async Task<(string[] Messages, JsonNode Completed)> PollAsync(string statusUrl, bool withLogs)
    {
        RawAnswer status = null!;
        await HangLimit.UntilAsync(async () => (status = await GetAsync($"{statusUrl}?logs={(withLogs ? "true" : "false")}")).StatusCode != 202);
        Assert.Equal((200, "COMPLETED"), (status.StatusCode, (string)status.Json["status"]!));
        return ([.. (status.Json["logs"]?.AsArray() ?? []).Select(l => (string)l!["message"]!)], status.Json);
    }

    private Task<RawAnswer> GetAsync(string url) => RawHttp.SendAsync(Server.Url, Head("GET", Server.Url, new Uri(url).PathAndQuery));

    private Task<RawAnswer> PostJsonAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return RawHttp.SendAsync(Server.Url, Head("POST", Server.Url, path, [.. headers, ("Content-Length", $"{body.Length}"), ("Content-Type", "application/json")]), body);
    }

    private static string[] Head(string method, string url, string path, params (string Name, string Value)[] headers) =>
    [
        $"{method} {path} HTTP/1.1",
        $"Host: {new Uri(url).Authority}",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        $"User-Agent: {UserAgent}",
        "Authorization: Key local:key",
        .. headers.Select(h => $"{h.Name}: {h.Value}"),
    ];

    /// <summary>The arguments as Python writes JSON: a space after commas and colons, everything beyond ASCII escaped.</summary>
    private static string Arguments(string imageUrl) =>
        $$"""{"prompt": "a red boat sails on the sea \u2013 fast", "image_url": {{JsonSerializer.Serialize(imageUrl)}}, "num_frames": 9, "video_size": {"width": 64, "height": 64}, "num_inference_steps": 8, "use_multiscale": false, "enable_prompt_expansion": false, "acceleration": "none", "fps": 25.0, "seed": 5}""";

    private async Task CheckVideoAsync(JsonNode result)
    {
        Assert.Equal("a red boat sails on the sea – fast", (string)result["prompt"]!);
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder.File("clip.mp4"), await Server.Client.GetByteArrayAsync((string)result["video"]!["url"]!));
        Assert.Equal(ExpectedVideo, await ClientProgram.ProbeAsync(folder.File("clip.mp4")));
    }
}
