using System.Text.Json.Nodes;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>The unmodified official JavaScript client against the server with the demo model; every video is checked with ffprobe.</summary>
public sealed class JavaScriptClientTests(DemoServer demo) : IClassFixture<DemoServer>
{
    private const string ExpectedVideo = "h264,64,64,9 aac";

    private RunningServer Server => demo.Server;

    [Theory]
    [InlineData("fetch")]
    [InlineData("middleware")]
    [InlineData("proxy")]
    [InlineData("preload")]
    public async Task Subscribe_with_logs_brings_a_video_in_every_way_to_point_the_client_here(string way)
    {
        // The clip stands still until the client has seen a log line of a running request.
        using TemporaryFolder folder = new();
        using IDisposable hold = demo.Hold();
        string note = folder.File("denoising");
        Task<JsonNode> running = ClientProgram.RunScenarioAsync(Server, "subscribe", way, note);
        await HangLimit.UntilAsync(() => File.Exists(note) || running.IsCompleted);
        hold.Dispose();
        JsonNode seen = await running;

        await CheckVideoAsync(seen["data"]!);
        Assert.Equal((string)seen["enqueued"]![0]!, (string)seen["requestId"]!);
        Assert.Equal("COMPLETED", (string)seen["updates"]!.AsArray()[^1]!);
        Assert.Contains("Denoising", seen["logs"]!.AsArray().Select(l => (string)l!));
    }

    [Fact]
    public async Task Subscribe_over_the_stream_sees_each_log_line_once()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "streaming", "fetch");

        await CheckVideoAsync(seen["data"]!);
        string[] logs = [.. seen["logs"]!.AsArray().Select(l => (string)l!)];
        Assert.Equal(logs.Distinct(StringComparer.Ordinal), logs);
        Assert.Equal("Started", logs[0]);
        Assert.Contains("Denoising: step 8 of 8", logs);
    }

    [Fact]
    public async Task Run_brings_a_video_and_the_request_id()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "run", "fetch");

        await CheckVideoAsync(seen["data"]!);
        Assert.True(Guid.TryParse((string)seen["requestId"]!, out _));
    }

    [Fact]
    public async Task Sync_mode_brings_the_video_within_the_answer()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "inline", "fetch");

        string url = (string)seen["data"]!["video"]!["url"]!;
        Assert.StartsWith("data:video/mp4;base64,", url, StringComparison.Ordinal);
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder.File("clip.mp4"), Convert.FromBase64String(url.Split(',')[1]));
        Assert.Equal(ExpectedVideo, await ClientProgram.ProbeAsync(folder.File("clip.mp4")));
    }

    [Fact]
    public async Task The_queue_functions_work_one_by_one()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "queue", "fetch");

        Assert.Equal("IN_QUEUE", (string)seen["submitted"]!["status"]!);
        Assert.Contains((string)seen["status"]!["status"]!, (string[])["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
        Assert.Equal("COMPLETED", (string)seen["events"]!.AsArray()[^1]!);
        Assert.Equal("COMPLETED", (string)seen["last"]!["status"]!);
        await CheckVideoAsync(seen["result"]!["data"]!);
        Assert.Equal((string)seen["submitted"]!["request_id"]!, (string)seen["result"]!["requestId"]!);
    }

    [Fact]
    public async Task Cancelled_requests_end_at_once_and_tell_why()
    {
        using IDisposable hold = demo.Hold();
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "cancel", "fetch");

        foreach (JsonNode? end in seen["ends"]!.AsArray())
        {
            Assert.Equal("client_cancelled", (string)end!["status"]!["error_type"]!);
            Assert.Equal((499, "ApiError"), ((int)end["result"]!["status"]!, (string)end["result"]!["name"]!));
        }

        Assert.Equal((400, "ALREADY_COMPLETED"), ((int)seen["again"]!["status"]!, (string)seen["again"]!["body"]!["status"]!));
    }

    [Fact]
    public async Task Errors_reach_the_program_with_their_fields()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "errors", "fetch");

        JsonNode validation = seen["validation"]!;
        Assert.Equal(("ValidationError", 422), ((string)validation["name"]!, (int)validation["status"]!));
        Assert.Equal(
            ["missing prompt", "missing image_url", "less_than_equal num_frames", "float_parsing fps"],
            validation["body"]!["detail"]!.AsArray().Select(d => $"{(string)d!["type"]!} {(string)d["loc"]![1]!}"));
        Assert.Equal(4, validation["fieldErrors"]!.AsArray().Count);
        Assert.Equal("string_type", (string)seen["run"]!["body"]!["detail"]![0]!["type"]!);
        Assert.Equal(2, seen["empty"]!["body"]!["detail"]!.AsArray().Count(d => (string)d!["type"]! == "missing"));
        Assert.Equal("file_download_error", (string)seen["picture"]!["body"]!["detail"]![0]!["type"]!);
        Assert.Equal((404, "Application 'fal-ai/other' not found"), ((int)seen["unknownEndpoint"]!["status"]!, (string)seen["unknownEndpoint"]!["body"]!["detail"]!));
        Assert.Equal((404, "Request not found"), ((int)seen["unknownRequest"]!["status"]!, (string)seen["unknownRequest"]!["body"]!["detail"]!));
        Assert.Equal((404, "Path /image-to-video/stream not found"), ((int)seen["notStreaming"]!["status"]!, (string)seen["notStreaming"]!["body"]!["detail"]!));
        Assert.Equal((405, "Method Not Allowed"), ((int)seen["get"]!["status"]!, (string)seen["get"]!["body"]!["detail"]!));
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("middleware")]
    [InlineData("proxy")]
    public async Task Uploads_are_read_back_as_they_were(string way)
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "upload", way);

        Assert.Equal((true, "image/png"), ((bool)seen["equal"]!, (string)seen["type"]!));
    }

    [Fact]
    public async Task Large_uploads_come_in_parts()
    {
        JsonNode seen = await ClientProgram.RunScenarioAsync(Server, "multipart", "fetch");

        Assert.True((bool)seen["equal"]!);
        Assert.EndsWith("/large.bin", (string)seen["url"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_hook_named_at_submit_brings_the_outcome_to_its_receiver()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using RunningServer server = await RunningServer.StartAsync(options: RunningServer.OptionsWithLocalWebhooks);

        JsonNode submitted = await ClientProgram.RunScenarioAsync(server, "webhook", "fetch", receiver.Url + "?id=1&x=a%20b");

        JsonNode delivery = JsonNode.Parse((await receiver.ReceiveAsync()).Body)!;
        Assert.Equal(((string)submitted["request_id"]!, "OK"), ((string)delivery["request_id"]!, (string)delivery["status"]!));
        Assert.Equal("?id=1&x=a%20b", receiver.LastQuery);
        await CheckVideoAsync(delivery["payload"]!);
    }

    private async Task CheckVideoAsync(JsonNode data)
    {
        Assert.Equal(5, (int)data["seed"]!);
        Assert.Equal("a red boat sails on the sea", (string)data["prompt"]!);
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder.File("clip.mp4"), await Server.Client.GetByteArrayAsync((string)data["video"]!["url"]!));
        Assert.Equal(ExpectedVideo, await ClientProgram.ProbeAsync(folder.File("clip.mp4")));
        Assert.Equal(new FileInfo(folder.File("clip.mp4")).Length, (long)data["video"]!["file_size"]!);
    }
}
