using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Tests.Operations;

/// <summary>The program <c>ltx serve</c> as a supervisor sees it: settings, log, metrics, stopping.</summary>
public sealed partial class ServeProgramTests
{
    private const string Key = "ops:very-secret-key";
    private const string Prompt = "an unmistakable prompt of a whale";

    [Fact]
    public async Task Flags_go_before_variables_and_variables_before_the_settings_file()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(
            folder.File("my.json"),
            """{"LtxServer":{"PublicUrl":"http://file.example","QueueLimit":7,"Metrics":false,"Keys":["from:file"],"MaxRequestBytes":2048,"WebhookHosts":["file.example"]}}""");
        await using ServeProcess server = await ServeProcess.StartAsync(
            folder.Path,
            ["--settings", folder.File("my.json"), "--public-url", "http://flag.example"],
            ("LtxServer__PublicUrl", "http://environment.example"),
            ("LtxServer__Metrics", "true"),
            ("LtxServer__WebhookHosts__0", "environment.example"));

        // The file alone: keys and sizes. The variable over the file: metrics and web hooks. The flag over both: the address.
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/api/models")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/metrics")).StatusCode);
        server.Client.DefaultRequestHeaders.Authorization = new("Key", "from:file");
        JsonNode submitted = await PostAsync(server, $"/queue/{RunningServer.Endpoint}?fal_webhook=http%3A%2F%2Fenvironment.example%2F", "{}");
        Assert.StartsWith("http://flag.example/queue/", (string)submitted["status_url"]!, StringComparison.Ordinal);
        Assert.Contains("fal_webhook", (string)(await PostAsync(server, $"/queue/{RunningServer.Endpoint}?fal_webhook=http%3A%2F%2Ffile.example%2F", "{}"))["detail"]!, StringComparison.Ordinal);
        Assert.Contains("2048", (string)(await PostAsync(server, $"/queue/{RunningServer.Endpoint}", new string(' ', 3000) + "{}"))["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Log_lines_are_JSON_with_request_ids_without_keys_and_tell_prompts_at_debug_only(bool isVerbose)
    {
        using TemporaryFolder folder = new();
        List<string> ids = [];
        string[] lines;
        await using (ServeProcess server = await ServeProcess.StartAsync(folder.Path, ["--log-json", .. isVerbose ? (string[])["--verbose"] : []], ("LtxServer__Keys__0", Key)))
        {
            server.Client.DefaultRequestHeaders.Authorization = new("Key", Key);
            using HttpResponseMessage done = await server.Client.PostAsync($"/run/{RunningServer.Endpoint}", Json(Input(Prompt)));
            Assert.Equal(HttpStatusCode.OK, done.StatusCode);
            ids.Add(Assert.Single(done.Headers.GetValues("x-fal-request-id")));
            using HttpResponseMessage refused = await server.Client.PostAsync($"/run/{RunningServer.Endpoint}?fal_jwt_token={Key}", Json("{}"));
            ids.Add(Assert.Single(refused.Headers.GetValues("x-fal-request-id")));
            server.Client.DefaultRequestHeaders.Authorization = new("Key", "wrong:" + Key);
            using HttpResponseMessage unauthorised = await server.Client.PostAsync($"/run/{RunningServer.Endpoint}", Json("{}"));
            Assert.Equal(HttpStatusCode.Unauthorized, unauthorised.StatusCode);
            ids.Add(Assert.Single(unauthorised.Headers.GetValues("x-fal-request-id")));
            await server.TerminateAsync();
            Assert.Equal(0, server.ExitCode);
            lines = [.. server.LogLines];
        }

        JsonNode[] entries = [.. lines.Select(l => JsonNode.Parse(l)!)];
        Assert.All(entries, e => Assert.True(e["LogLevel"] is not null && e["Category"] is not null && e["Message"] is not null));
        foreach (string id in ids)
        {
            Assert.Contains(entries, e => (string)e["Category"]! == "LtxEngine.Server.Http.ApiDispatcher" && (string?)e["State"]?["RequestId"] == id);
        }

        Assert.All(
            entries.Where(e => (string)e["Category"]! is "LtxEngine.Server.Http.ApiDispatcher" or "LtxEngine.Server.Work.JobRunner"),
            e => Assert.True(Guid.TryParse((string?)e["State"]!["RequestId"], out _), e.ToJsonString()));
        Assert.DoesNotContain(lines, l => l.Contains("very-secret-key", StringComparison.Ordinal));
        Assert.Equal(isVerbose ? ["Debug"] : [], entries.Where(e => e.ToJsonString().Contains("unmistakable", StringComparison.Ordinal)).Select(e => (string)e["LogLevel"]!).Distinct());
    }

    [Fact]
    public async Task Metrics_count_a_run_and_a_failure()
    {
        using TemporaryFolder folder = new();
        await using ServeProcess server = await ServeProcess.StartAsync(folder.Path, ["--queue-limit", "10"]);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.PostAsync($"/run/{RunningServer.Endpoint}", Json(Input("a boat")))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Client.PostAsync($"/run/{RunningServer.Endpoint}", Json("{}"))).StatusCode);
        await PostAsync(server, $"/queue/{RunningServer.Endpoint}", """{"prompt":"x","image_url":"file:///etc/passwd"}""");
        // A job is counted just after its outcome can be read, and one reading of all figures is given again for a moment.
        string text = string.Empty;
        await Testing.HangLimit.UntilAsync(async () => Value(text = await server.Client.GetStringAsync("/metrics"), "ltx_server_jobs_finished_total", string.Empty) >= 3);

        Assert.Equal(2, Value(text, "ltx_server_jobs_submitted_total", "way=\"run\""));
        Assert.Equal(1, Value(text, "ltx_server_jobs_submitted_total", "way=\"queue\""));
        Assert.Equal(1, Value(text, "ltx_server_jobs_finished_total", "outcome=\"done\""));
        Assert.Equal(2, Value(text, "ltx_server_jobs_finished_total", "outcome=\"refused\""));
        Assert.Equal(0, Value(text, "ltx_server_jobs_queued", ""));
        Assert.Equal(0, Value(text, "ltx_server_jobs_running", ""));
        Assert.Equal(2, Value(text, "ltx_server_jobs_wait_seconds_count", ""));
        Assert.Equal(1, Value(text, "ltx_server_jobs_run_seconds_count", "outcome=\"done\""));
        Assert.Equal(1, Value(text, "ltx_server_megapixels_total", ""));
        Assert.True(Value(text, "ltx_server_files_size_bytes", "") > 1000, text);
        foreach (string stage in (string[])["TextEncoding", "ImageConditioning", "Denoising", "AudioDecoding", "VideoDecoding", "Encoding"])
        {
            Assert.Equal(1, Value(text, "ltx_stage_duration_seconds_count", $"stage=\"{stage}\""));
        }
    }

    [Fact]
    public async Task The_help_and_the_page_tell_every_flag()
    {
        string help = await Clients.ClientProgram.CaptureAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "ltx.dll"), "serve", "--help"]);
        string page = await File.ReadAllTextAsync(Path.Combine(Testing.RepositoryPaths.Root, "docs", "server.md"));
        int start = page.IndexOf("## Settings", StringComparison.Ordinal);
        string section = page[start..page.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
        string[] flags = [.. Flag().Matches(help).Select(m => m.Value).Except(["--help"]).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(flags, Flag().Matches(section).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task SIGTERM_ends_the_program_and_the_running_request_waits_for_the_next_start()
    {
        using TemporaryFolder folder = new();
        string id;
        await using (ServeProcess server = await ServeProcess.StartAsync(folder.Path, ["--drain-time", "00:00:01"]))
        {
            id = (string)(await PostAsync(server, $"/queue/{RunningServer.Endpoint}", RunningServer.EndlessInput))["request_id"]!;
            await Testing.HangLimit.UntilAsync(async () => (await server.Client.GetStringAsync($"/queue/{RunningServer.App}/requests/{id}/status")).Contains("IN_PROGRESS", StringComparison.Ordinal));

            // It would run for many minutes yet; that it waits below shows that nobody waited for it.
            await server.TerminateAsync();
            Assert.Equal(0, server.ExitCode);
        }

        using SqliteJobStore store = new(folder.File("jobs.db"));
        JobStatus status = (await store.GetStatusAsync(id))!;
        Assert.Equal((JobState.Queued, 0), (status.State, status.Attempts));
        Assert.Equal("ok", store.CheckIntegrity());
    }

    private static string Input(string prompt) => RunningServer.Input.Replace("a boat", prompt, StringComparison.Ordinal)
        .Replace("\"seed\"", "\"use_multiscale\":false,\"enable_prompt_expansion\":false,\"acceleration\":\"none\",\"seed\"", StringComparison.Ordinal);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> PostAsync(ServeProcess server, string path, string body)
    {
        using HttpResponseMessage response = await server.Client.PostAsync(path, Json(body));
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    /// <summary>The sum of a metric over all its lines that have a label.</summary>
    private static double Value(string text, string name, string label) => text.Split('\n')
        .Where(line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && line.Contains(label, StringComparison.Ordinal))
        .Select(line => double.Parse(Number().Match(line).Value, System.Globalization.CultureInfo.InvariantCulture))
        .DefaultIfEmpty(double.NaN)
        .Sum();

    [GeneratedRegex("(?<![\\w-])--[a-z][a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flag();

    [GeneratedRegex(@"(?<=[ }])[0-9.eE+-]+(?=( \d+)?\s*$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
