using System.Net;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests.Http;

/// <summary>Submit, status, result, cancel as §1.3 to §1.6 of the protocol say.</summary>
public sealed class QueueTests
{
    private const string App = RunningServer.App;

    [Fact]
    public async Task A_request_goes_from_submit_to_result_with_every_key_that_clients_index()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);

        Answer submit = await server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}", RunningServer.Input);
        string id = (string)submit.Body["request_id"]!;
        string url = $"{server.Url}/queue/{App}/requests/{id}";
        Assert.Equal(
            $$"""{"status":"IN_QUEUE","request_id":"{{id}}","gateway_request_id":"{{id}}","queue_position":0,"response_url":"{{url}}","status_url":"{{url}}/status","cancel_url":"{{url}}/cancel"}""",
            submit.Body.ToJsonString());
        Assert.Equal(id, submit.Header("x-fal-request-id"));
        Assert.True(Guid.TryParse(id, out _));
        await server.WaitForStateAsync(id, "IN_PROGRESS");

        string second = await server.SubmitAsync();
        Answer queued = await server.SendAsync("GET", $"/queue/{App}/requests/{second}/status?logs=1");
        Assert.Equal((202, "IN_QUEUE", 0), (queued.StatusCode, (string?)queued.Body["status"], (int)queued.Body["queue_position"]!));
        Answer running = await server.SendAsync("GET", $"/queue/{App}/requests/{id}/status?logs=0");
        Assert.Equal((202, "IN_PROGRESS", true), (running.StatusCode, (string?)running.Body["status"], running.Body.AsObject().ContainsKey("logs")));
        Assert.Null(running.Body["logs"]);
        Assert.False(running.Body.AsObject().ContainsKey("queue_position"));
        Answer early = await server.ResultAsync(id);
        Assert.Equal((400, """{"detail":"Request is still in progress"}""", id), (early.StatusCode, early.Body.ToJsonString(), early.Header("x-fal-request-id")));

        generator.Release(2);
        JsonNode completed = await server.WaitAsync(id);
        Assert.True((double)completed["metrics"]!["inference_time"]! >= 0);
        Assert.False(completed.AsObject().ContainsKey("error"));
        Assert.Equal(
            ["Started", "Reading the prompt", "Denoising", "Denoising: step 1 of 8", "Decoding the video", "a warning"],
            completed["logs"]!.AsArray().Select(l => (string)l!["message"]!));
        Assert.All(completed["logs"]!.AsArray(), l => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", (string)l!["timestamp"]!));
        Assert.Equal("USER", (string)completed["logs"]![0]!["source"]!);

        Answer result = await server.ResultAsync(id);
        Assert.Equal((200, id, "226"), (result.StatusCode, result.Header("x-fal-request-id"), result.Header("x-fal-billable-units")));
        Assert.Equal("a boat", (string)result.Body["prompt"]!);
        Assert.Equal(7, (int)result.Body["seed"]!);
        JsonObject video = result.Body["video"]!.AsObject();
        Assert.Equal(
            ("video/mp4", "video.mp4", 16, 1248, 704, 25.0, 10.28, 257),
            ((string)video["content_type"]!, (string)video["file_name"]!, (int)video["file_size"]!, (int)video["width"]!, (int)video["height"]!, (double)video["fps"]!, (double)video["duration"]!, (int)video["num_frames"]!));
        Assert.StartsWith(server.Url + "/cdn/files/", (string)video["url"]!, StringComparison.Ordinal);
        Assert.Equal("a clip of a boat", await server.Client.GetStringAsync((string)video["url"]!));
        Assert.Equal(result.Body.ToJsonString(), (await server.ResultAsync(id)).Body.ToJsonString());
    }

    [Theory]
    [InlineData("/queue/fal-ai/ltx-2-19b/requests/{0}{1}", null)]
    [InlineData("/queue/fal-ai/ltx-2-19b/requests/{0}{1}/", null)]
    [InlineData("/queue/fal-ai/ltx-2-19b/image-to-video/requests/{0}{1}", null)]
    [InlineData("/fal-ai/ltx-2-19b/requests/{0}{1}", null)]
    [InlineData("/fal-ai/ltx-2-19b/requests/{0}{1}", "queue.localhost")]
    public async Task Status_and_result_are_found_in_every_way_that_clients_write_them(string path, string? host)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        string id = await server.SubmitAsync();
        await server.WaitAsync(id);
        (string, string)[] headers = host is null ? [] : [("Host", host)];

        Assert.Equal("COMPLETED", (string)(await server.SendAsync("GET", string.Format(null, path, id, "/status"), null, headers)).Body["status"]!);
        Assert.Equal("a boat", (string)(await server.SendAsync("GET", string.Format(null, path, id, string.Empty), null, headers)).Body["prompt"]!);
    }

    [Fact]
    public async Task A_host_name_chooses_the_area_and_stands_in_the_addresses()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());

        Answer answer = await server.SendAsync("POST", $"/{RunningServer.Endpoint}", RunningServer.Input, ("Host", "queue.ltx.example:81"));

        string id = (string)answer.Body["request_id"]!;
        Assert.Equal($"http://queue.ltx.example:81/{App}/requests/{id}/status", (string)answer.Body["status_url"]!);
        await server.WaitAsync(id);
        Answer result = await server.SendAsync("GET", $"/{App}/requests/{id}", null, ("Host", "queue.ltx.example:81"));
        string url = (string)result.Body["video"]!["url"]!;
        Assert.StartsWith("http://queue.ltx.example:81/cdn/files/", url, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(url).PathAndQuery) { Headers = { Host = "queue.ltx.example:81" } })).StatusCode);
        Assert.Equal(200, (int)(await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(url).PathAndQuery.Replace("/cdn", string.Empty, StringComparison.Ordinal)) { Headers = { Host = "v3.ltx.example" } })).StatusCode);
    }

    [Fact]
    public async Task Proxied_requests_are_answered_here_by_the_host_that_they_target()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());

        Answer submit = await server.SendAsync("POST", "/api/fal/proxy?x=1", RunningServer.Input, ("x-fal-target-url", $"https://queue.fal.run/{RunningServer.Endpoint}?a=b"));
        string id = (string)submit.Body["request_id"]!;
        Assert.Equal($"{server.Url}/queue/{App}/requests/{id}", (string)submit.Body["response_url"]!);
        await server.WaitAsync(id);
        Answer status = await server.SendAsync("GET", "/api/fal/proxy", null, ("x-fal-target-url", $"https://queue.fal.run/{App}/requests/{id}/status?logs=1"));
        Assert.Equal(6, status.Body["logs"]!.AsArray().Count);
        Answer run = await server.SendAsync("POST", "/api/fal/proxy", RunningServer.Input, ("x-fal-target-url", $"https://fal.run/{RunningServer.Endpoint}"));
        Assert.Equal("a boat", (string)run.Body["prompt"]!);
        Answer upload = await server.SendAsync("POST", "/api/fal/proxy", """{"file_name":"a.png"}""", ("x-fal-target-url", "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"));
        Assert.StartsWith(server.Url + "/cdn/upload/", (string)upload.Body["upload_url"]!, StringComparison.Ordinal);

        foreach (string target in (string[])["", "x", "http://fal.run/a", "https://fal.run:8443/a", "https://fal.run.example.com/", "https://example.com/", "https://user@fal.run/", "file:///etc/passwd"])
        {
            Answer refused = await server.SendAsync("GET", "/api/fal/proxy", null, ("x-fal-target-url", target));
            Assert.Equal((400, """{"detail":"Invalid request"}"""), (refused.StatusCode, refused.Body.ToJsonString()));
        }
    }

    [Fact]
    public async Task The_status_stream_sends_changes_and_new_log_lines_only_and_ends_with_the_request()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string first = await server.SubmitAsync();
        string id = await server.SubmitAsync();
        using HttpResponseMessage response = await server.Client.GetAsync($"/queue/{App}/requests/{id}/status/stream?logs=1", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        string firstLine = (await reader.ReadLineAsync())!;
        Assert.Contains("\"IN_QUEUE\"", firstLine, StringComparison.Ordinal);

        generator.Release(2);
        List<JsonNode> events = [JsonNode.Parse(firstLine["data: ".Length..])!];
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add(JsonNode.Parse(line["data: ".Length..])!);
            }
            else
            {
                Assert.True(line.Length == 0 || line.StartsWith(':'), line);
            }
        }

        Assert.Equal("COMPLETED", (string)events[^1]["status"]!);
        Assert.Single(events, e => (string)e["status"]! == "COMPLETED");
        Assert.Equal(
            ["Started", "Reading the prompt", "Denoising", "Denoising: step 1 of 8", "Decoding the video", "a warning"],
            events.SelectMany(e => e["logs"]?.AsArray() ?? []).Select(l => (string)l!["message"]!));
        await server.WaitAsync(first);
    }

    [Fact]
    public async Task A_quiet_stream_is_kept_open_by_comments()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string id = await server.SubmitAsync();
        await server.WaitForStateAsync(id, "IN_PROGRESS");
        using HttpResponseMessage response = await server.Client.GetAsync($"/queue/{App}/requests/{id}/status/stream?logs=0", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        using CancellationTokenSource limit = new(Testing.HangLimit.Time);

        string? line;
        do
        {
            line = await reader.ReadLineAsync(limit.Token);
        }
        while (line is not ": ping");

        generator.Release();
        Assert.Contains("\"COMPLETED\"", await reader.ReadToEndAsync(limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_answers_as_the_table_says_in_every_state()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string running = await server.SubmitAsync();
        await server.WaitForStateAsync(running, "IN_PROGRESS");
        string waiting = await server.SubmitAsync();

        Answer removed = await server.SendAsync("PUT", $"/queue/{App}/requests/{waiting}/cancel");
        Assert.Equal((200, "CANCELLATION_REQUESTED", true), (removed.StatusCode, (string)removed.Body["status"]!, (bool)removed.Body["success"]!));
        Answer asked = await server.SendAsync("PUT", $"/queue/{App}/requests/{running}/cancel");
        Assert.Equal((202, "CANCELLATION_REQUESTED"), (asked.StatusCode, (string)asked.Body["status"]!));
        foreach (string id in (string[])[running, waiting])
        {
            JsonNode status = await server.WaitAsync(id);
            Assert.Equal(("Request was cancelled", "client_cancelled"), ((string)status["error"]!, (string)status["error_type"]!));
            Answer result = await server.ResultAsync(id);
            Assert.Equal((499, "client_cancelled", """{"detail":"Request was cancelled","error_type":"client_cancelled"}"""), (result.StatusCode, result.Header("x-fal-error-type"), result.Body.ToJsonString()));
            Answer again = await server.SendAsync("PUT", $"/queue/{App}/requests/{id}/cancel");
            Assert.Equal((400, "ALREADY_COMPLETED"), (again.StatusCode, (string)again.Body["status"]!));
        }

        Answer unknown = await server.SendAsync("PUT", $"/queue/{App}/requests/{Guid.NewGuid()}/cancel");
        Assert.Equal((404, """{"status":"NOT_FOUND","detail":"Request not found"}"""), (unknown.StatusCode, unknown.Body.ToJsonString()));
        Assert.Single(generator.Begun);
    }

    [Fact]
    public async Task Low_priority_waits_behind_everything_else()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string first = await server.SubmitAsync();
        await server.WaitForStateAsync(first, "IN_PROGRESS");
        List<string> ids = [];
        foreach ((string prompt, string priority) in ((string, string)[])[("low", "low"), ("normal", "normal"), ("odd", "urgent")])
        {
            ids.Add(await server.SubmitAsync(RunningServer.Input.Replace("a boat", prompt, StringComparison.Ordinal), string.Empty, ("X-Fal-Queue-Priority", priority)));
        }

        generator.Release(4);
        foreach (string id in ids)
        {
            await server.WaitAsync(id);
        }

        Assert.Equal(["a boat", "normal", "odd", "low"], generator.Begun);
    }

    [Fact]
    public async Task Several_workers_of_a_model_run_as_many_requests_at_once()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator, folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", WorkersPerModel = 2, DrainTime = TimeSpan.Zero });
        string[] ids = [await server.SubmitAsync(), await server.SubmitAsync(), await server.SubmitAsync()];

        await server.WaitForStateAsync(ids[0], "IN_PROGRESS");
        await server.WaitForStateAsync(ids[1], "IN_PROGRESS");
        Assert.Equal("IN_QUEUE", (string)(await server.SendAsync("GET", $"/queue/{App}/requests/{ids[2]}/status")).Body["status"]!);
        generator.Release(3);
        await server.WaitAsync(ids[2]);
    }

    [Fact]
    public async Task A_request_that_does_not_start_in_time_ends_as_timed_out()
    {
        ManualTime time = new();
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator, configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        string running = await server.SubmitAsync(RunningServer.Input, string.Empty, ("x-fal-request-timeout", "0.2"));
        await server.WaitForStateAsync(running, "IN_PROGRESS");
        string late = await server.SubmitAsync(RunningServer.Input, string.Empty, ("x-fal-request-timeout", "100"), ("x-fal-request-start-timeout", "0.2"));
        time.Advance(TimeSpan.FromSeconds(1));

        JsonNode status = await server.WaitAsync(late);

        Assert.Equal("request_timeout", (string)status["error_type"]!);
        Answer result = await server.ResultAsync(late);
        Assert.Equal((504, "user", """{"detail":"Request timed out","error_type":"request_timeout"}"""), (result.StatusCode, result.Header("x-fal-request-timeout-type"), result.Body.ToJsonString()));
        Assert.Equal("IN_PROGRESS", (string)(await server.SendAsync("GET", $"/queue/{App}/requests/{running}/status")).Body["status"]!);
        Answer malformed = await server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}", RunningServer.Input, ("x-fal-request-timeout", "soon"));
        Assert.Equal((400, "bad_request"), (malformed.StatusCode, (string)malformed.Body["error_type"]!));
    }

    [Fact]
    public async Task A_failure_inside_says_nothing_of_the_inside_and_the_next_request_runs()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator { Failure = new InvalidOperationException("secret /home/path") });
        string id = await server.SubmitAsync();

        JsonNode status = await server.WaitAsync(id);

        Assert.DoesNotContain("secret", status.ToJsonString(), StringComparison.Ordinal);
        Answer result = await server.ResultAsync(id);
        Assert.Equal((500, "internal_server_error", "false"), (result.StatusCode, (string)result.Body["detail"]![0]!["type"]!, result.Header("x-fal-retryable")));
        Assert.DoesNotContain("secret", result.Body.ToJsonString(), StringComparison.Ordinal);
        await server.WaitAsync(await server.SubmitAsync());
    }

    [Fact]
    public async Task A_stopping_server_hands_the_running_request_back_and_the_next_one_runs_it()
    {
        using TemporaryFolder folder = new();
        ScriptedGenerator held = new(isHeld: true);
        RunningServer first = await RunningServer.StartAsync(held, _ => new LtxServerOptions { DataDirectory = folder.Path, ModelDirectory = "unused", DrainTime = TimeSpan.FromMilliseconds(100) });
        string running = await first.SubmitAsync();
        string waiting = await first.SubmitAsync(RunningServer.Input.Replace("a boat", "waiting", StringComparison.Ordinal));
        await first.WaitForStateAsync(running, "IN_PROGRESS");
        await first.StopAsync();
        await first.DisposeAsync();

        await using RunningServer second = await RunningServer.StartAsync(new ScriptedGenerator(), _ => RunningServer.Options(folder.Path));

        foreach (string id in (string[])[running, waiting])
        {
            await second.WaitAsync(id);
            Assert.Equal(200, (await second.ResultAsync(id)).StatusCode);
        }

        Assert.Equal(1, (await second.Services.GetRequiredService<IJobStore>().GetStatusAsync(running))!.Attempts);
    }

    [Fact]
    public async Task A_draining_server_lets_the_running_request_finish()
    {
        using TemporaryFolder folder = new();
        ScriptedGenerator held = new(isHeld: true);
        RunningServer server = await RunningServer.StartAsync(held, _ => new LtxServerOptions { DataDirectory = folder.Path, ModelDirectory = "unused", DrainTime = Testing.HangLimit.Time });
        string id = await server.SubmitAsync();
        await server.WaitForStateAsync(id, "IN_PROGRESS");

        Task stopping = server.StopAsync();
        held.Release();
        await stopping;
        await server.DisposeAsync();

        using SqliteJobStore store = new(Path.Combine(folder.Path, "jobs.db"));
        Assert.Equal(200, (await store.GetStatusAsync(id))!.StatusCode);
    }
}
