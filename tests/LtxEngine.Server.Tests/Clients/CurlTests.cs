using System.Text.Json.Nodes;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>The forms of use with the real cURL program, as <c>docs/clients.md</c> shows them; every video is checked with ffprobe.</summary>
public sealed class CurlTests(DemoServer demo) : IClassFixture<DemoServer>
{
    private const string ExpectedVideo = "h264,64,64,9 aac";

    private string Base => demo.Server.Url;

    [Fact]
    public async Task Upload_submit_stream_status_and_result()
    {
        string image = await UploadAsync();
        JsonNode submitted = JsonNode.Parse(await CurlAsync("-X", "POST", $"{Base}/queue/{RunningServer.Endpoint}", "-H", "Authorization: Key id:secret", "-H", "Content-Type: application/json", "-d", Input(image)))!;
        Assert.Equal("IN_QUEUE", (string)submitted["status"]!);

        // The stream ends with the request, and so does the program.
        string[] events = (await CurlAsync("-N", (string)submitted["status_url"]! + "/stream?logs=1", "-H", "Authorization: Key id:secret")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, line => Assert.Matches("^(data: \\{.*\\}|: ping)$", line.TrimEnd('\r')));
        Assert.Contains("\"COMPLETED\"", events[^1], StringComparison.Ordinal);
        Assert.Contains(events, line => line.Contains("Denoising: step 8 of 8", StringComparison.Ordinal));

        string status = await CurlAsync("-w", "%{http_code}", (string)submitted["status_url"]! + "?logs=1");
        Assert.EndsWith("}200", status, StringComparison.Ordinal);
        await CheckVideoAsync(JsonNode.Parse(await CurlAsync((string)submitted["response_url"]!))!);
    }

    [Fact]
    public async Task A_synchronous_run_brings_the_output()
    {
        string headers = await CurlAsync("-D", "-", "-o", "/dev/null", "-X", "POST", $"{Base}/{RunningServer.Endpoint}", "-H", "Content-Type: application/json", "-d", """{"prompt":1}""");
        Assert.StartsWith("HTTP/1.1 422", headers, StringComparison.Ordinal);
        Assert.Contains("x-fal-request-id: ", headers, StringComparison.OrdinalIgnoreCase);

        await CheckVideoAsync(JsonNode.Parse(await CurlAsync("-X", "POST", $"{Base}/run/{RunningServer.Endpoint}", "-H", "Content-Type: application/json", "-d", Input(await UploadAsync())))!);
    }

    [Fact]
    public async Task Cancel_ends_a_request()
    {
        string image = await UploadAsync();
        using IDisposable hold = demo.Hold();
        JsonNode submitted = JsonNode.Parse(await CurlAsync("-X", "POST", $"{Base}/queue/{RunningServer.Endpoint}", "-d", Input(image)))!;

        JsonNode cancelled = JsonNode.Parse(await CurlAsync("-X", "PUT", (string)submitted["cancel_url"]!))!;

        Assert.Equal("CANCELLATION_REQUESTED", (string)cancelled["status"]!);
        await demo.Server.WaitAsync((string)submitted["request_id"]!);
        Assert.EndsWith("499", await CurlAsync("-o", "/dev/null", "-w", "%{http_code}", (string)submitted["response_url"]!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_hook_takes_the_outcome()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync(null, RunningServer.OptionsWithLocalWebhooks);

        JsonNode submitted = JsonNode.Parse(await CurlAsync("-X", "POST", $"{server.Url}/queue/{RunningServer.Endpoint}?fal_webhook={Uri.EscapeDataString(receiver.Url)}", "-d", Input(ClientProgram.PictureData)))!;

        JsonNode delivery = JsonNode.Parse((await receiver.ReceiveAsync()).Body)!;
        Assert.Equal((string)submitted["request_id"]!, (string)delivery["request_id"]!);
        await CheckVideoAsync(delivery["payload"]!);
    }

    private async Task<string> UploadAsync()
    {
        JsonNode grant = JsonNode.Parse(await CurlAsync("-X", "POST", $"{Base}/rest/storage/upload/initiate?storage_type=fal-cdn-v3", "-H", "Content-Type: application/json", "-d", """{"content_type":"image/png","file_name":"boat.png"}"""))!;
        await CurlAsync("-X", "PUT", (string)grant["upload_url"]!, "-H", "Content-Type: image/png", "--data-binary", "@" + ClientProgram.Picture);
        return (string)grant["file_url"]!;
    }

    private async Task CheckVideoAsync(JsonNode result)
    {
        Assert.Equal(5, (int)result["seed"]!);
        using TemporaryFolder folder = new();
        await CurlAsync("-o", folder.File("clip.mp4"), (string)result["video"]!["url"]!);
        Assert.Equal(ExpectedVideo, await ClientProgram.ProbeAsync(folder.File("clip.mp4")));
    }

    private static Task<string> CurlAsync(params string[] arguments) => ClientProgram.CaptureAsync("curl", ["-s", "-S", .. arguments]);

    private static string Input(string image) =>
        $$"""{"prompt":"a red boat sails on the sea","image_url":"{{image}}","num_frames":9,"video_size":{"width":64,"height":64},"num_inference_steps":8,"use_multiscale":false,"enable_prompt_expansion":false,"acceleration":"none","seed":5}""";
}
