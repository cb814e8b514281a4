using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Server.Files;
using LtxEngine.Server.Jobs;
using LtxEngine.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests.Http;

/// <summary>What many, large, slow, odd and hostile requests meet.</summary>
[Collection(nameof(MemoryCollection))]
public sealed class LimitTests(ITestOutputHelper output)
{
    /// <summary>Largest growth of the process in bytes that hostile requests may cause.</summary>
    private const long MaxGrowth = 32 << 20;

    private static readonly string[] Fields =
    [
        "prompt", "image_url", "end_image_url", "num_frames", "video_size", "generate_audio", "use_multiscale", "fps", "guidance_scale", "num_inference_steps",
        "acceleration", "camera_lora", "camera_lora_scale", "negative_prompt", "seed", "enable_prompt_expansion", "enable_safety_checker", "video_output_type",
        "video_quality", "video_write_mode", "sync_mode", "interpolation_direction", "image_strength", "end_image_strength", "unknown",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1e400", "9.5", "9", "482", "1e308", "-0", "9223372036854775808", "\"\"", "\"abc\"", "\"9\"", "\"9.0\"", "\"NaN\"", "[]", "{}", "[[1]]",
        "{\"width\":0}", "{\"width\":64,\"height\":\"x\"}", "{\"width\":1e9}", "\"\\ud800\"", "\"\\u0000\"", "\"auto\"", "\"square_hd\"", "\"none\"", "\"http://127.0.0.1:1/\"", "\"data:,x\"", "\"data:;base64,AA==\"",
        "\"../../etc/passwd\"", "nul", "\"", "{", "1.", "'x'", "\"\u20ac\ud83d\ude00\"",
    ];

    [Fact]
    public async Task Ten_thousand_random_bodies_meet_no_error_of_the_server_and_every_refusal_names_field_and_rule()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator());
        Gen<string> member = from field in Gen.Elements(Fields) from value in Gen.Elements(Values) select $"\"{field}\":{value}";
        Gen<string> body = Gen.Frequency(
            (8, from members in member.ListOf() select $"{{{string.Join(',', members)}}}"),
            (1, Gen.Elements(Values)),
            (1, from members in member.ListOf() from end in Gen.Choose(0, 40) select $"{{{string.Join(',', members)}}}"[..^1].PadRight(end)));
        string[] bodies = [.. body.Sample(10_000, 12)];
        int[] codes = new int[600];

        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (text, _) =>
        {
            Answer answer = await server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", text);
            Interlocked.Increment(ref codes[answer.StatusCode]);
            if (answer.StatusCode == 422)
            {
                foreach (JsonNode? entry in answer.Body["detail"]!.AsArray())
                {
                    Assert.Equal("body", (string)entry!["loc"]![0]!);
                    Assert.NotEmpty((string)entry["type"]!);
                    Assert.NotEmpty((string)entry["msg"]!);
                }
            }
        });

        Assert.Equal(10_000, codes.Sum());
        Assert.Equal(0, codes[500..].Sum());
        Assert.True(codes[422] > 5000);
        Assert.True(codes[200] + codes[422] == 10_000, string.Join(", ", codes.Select((n, i) => (n, i)).Where(p => p.n > 0).Select(p => $"{p.i}: {p.n}")));
    }

    [Fact]
    public async Task Of_a_thousand_submits_exactly_the_limit_is_accepted_and_memory_stays()
    {
        ScriptedGenerator generator = new(isHeld: true);
        await using RunningServer server = await RunningServer.StartAsync(generator, folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", QueueLimit = 50, DrainTime = TimeSpan.Zero });
        string running = await server.SubmitAsync();
        await server.WaitForStateAsync(running, "IN_PROGRESS");
        long before = ResidentMemory.Settled(() => ResidentMemory.Private);
        Answer[] answers = new Answer[1000];

        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => answers[i] = await server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}", RunningServer.Input));

        Assert.Equal((50, 950), (answers.Count(a => a.StatusCode == 200), answers.Count(a => a.StatusCode == 429)));
        Assert.All(answers.Where(a => a.StatusCode == 429), a => Assert.Equal("10", a.Header("Retry-After")));
        Assert.Equal(Enumerable.Range(0, 50), answers.Where(a => a.StatusCode == 200).Select(a => (int)a.Body["queue_position"]!).Order());
        AssertGrowth(before, "1,000 submits");
    }

    [Fact]
    public async Task Uploads_beyond_the_limit_are_refused_whole_and_in_parts_and_leave_nothing()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", MaxUploadBytes = 2048 });
        string large = $"\"{new string('x', 3000)}\"";
        Answer grant = await server.SendAsync("POST", "/rest/storage/upload/initiate?storage_type=fal-cdn-v3", "{}");
        Answer whole = await server.SendAsync("PUT", (string)grant.Body["upload_url"]!, large);
        Assert.Equal((413, """{"detail":"The body has more than 2048 bytes"}"""), (whole.StatusCode, whole.Body.ToJsonString()));

        Answer parts = await server.SendAsync("POST", "/rest/storage/upload/initiate-multipart?storage_type=fal-cdn-v3", "{}");
        Uri address = new((string)parts.Body["upload_url"]!);
        Assert.Equal(200, (await server.SendAsync("PUT", $"{address.AbsolutePath}/1{address.Query}", large[..1500])).StatusCode);
        Assert.Equal(413, (await server.SendAsync("PUT", $"{address.AbsolutePath}/2{address.Query}", large[..1500])).StatusCode);
        Assert.Equal(400, (await server.SendAsync("POST", $"{address.AbsolutePath}/complete{address.Query}", """{"parts":[{"partNumber":1,"etag":"x"},{"partNumber":2,"etag":"x"}]}""")).StatusCode);
        Assert.Equal(404, (await server.SendAsync("GET", (string)grant.Body["file_url"]!)).StatusCode);
        Assert.Equal(0, await server.Services.GetRequiredService<IFileStore>().GetUsedBytesAsync());
    }

    [Fact]
    public async Task A_key_that_asks_too_often_is_told_when_to_come_back()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", Keys = ["a:1", "b:2"], RequestsPerMinute = 5 });
        Task<Answer> AskAsync(string key) => server.SendAsync("POST", $"/queue/{RunningServer.Endpoint}", RunningServer.Input, ("Authorization", "Key " + key));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await AskAsync("a:1")).StatusCode);
        }

        // One request more is granted every twelve seconds; on a slow machine some of them are met.
        Answer answer = null!;
        int granted = -1;
        await HangLimit.UntilAsync(async () =>
        {
            granted++;
            return (answer = await AskAsync("a:1")).StatusCode != 200;
        });
        Assert.Equal(429, answer.StatusCode);
        Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 12);
        Assert.InRange(granted, 0, 1 + (int)(Stopwatch.GetElapsedTime(start).TotalSeconds / 12));
        Assert.Equal(200, (await AskAsync("b:2")).StatusCode);
    }

    [Fact]
    public async Task Endless_slow_compressed_and_deep_bodies_and_header_floods_are_refused_at_little_cost()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", MaxRequestBytes = 8 << 20 });
        await server.WaitAsync(await server.SubmitAsync());
        long before = ResidentMemory.Settled(() => ResidentMemory.Private);
        string head = $"POST /run/{RunningServer.Endpoint} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        byte[] megabyte = Encoding.ASCII.GetBytes($"100000\r\n{new string(' ', 1 << 20)}\r\n");

        // Ten billion bytes are announced, or sent without saying how many: the answer comes long before.
        Assert.StartsWith("HTTP/1.1 413", await RawAsync(server, head + "Content-Length: 10000000000\r\n\r\n", []), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413", await RawAsync(server, head + "Transfer-Encoding: chunked\r\n\r\n", Enumerable.Repeat(megabyte, 10_000)), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 415", await RawAsync(server, head + "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n", []), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431", await RawAsync(server, head + string.Concat(Enumerable.Range(0, 2000).Select(i => $"X-{i}: {new string('a', 100)}\r\n")) + "\r\n", []), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(server, head + "Content-Length: 1000\r\n\r\n{", []), StringComparison.Ordinal);
        Answer deep = await server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", new string('[', 100_000));
        Assert.Equal("json_invalid", (string)deep.Body["detail"]![0]!["type"]!);

        AssertGrowth(before, "hostile bodies and heads");
        Assert.Equal(1, (await server.Services.GetRequiredService<IJobStore>().CountAsync()).Completed);
        Assert.Equal(200, (await server.SendAsync("GET", "/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Hostile_addresses_ranges_and_file_names_are_refused_at_little_cost()
    {
        using TemporaryFolder folder = new();
        string data = folder.File("data");
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), _ => new LtxServerOptions { DataDirectory = data, ModelDirectory = "unused" });
        byte[] content = new byte[4 << 20];
        Random.Shared.NextBytes(content);
        string url = await UploadAsync(server, "video.mp4", content);
        Assert.Equal(content.Length, (await server.Client.GetByteArrayAsync(url)).Length);
        long before = ResidentMemory.Settled(() => ResidentMemory.Private);

        // Addresses of the inside, through the whole server.
        foreach (string address in (string[])["http://127.0.0.1:22/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://0x7f000001/", "http://localhost:8080/", "file:///etc/passwd"])
        {
            Answer answer = await server.SendAsync("POST", $"/run/{RunningServer.Endpoint}", $$"""{"prompt":"x","image_url":"{{address}}"}""");
            Assert.Equal((422, "file_download_error"), (answer.StatusCode, (string)answer.Body["detail"]![0]!["type"]!));
        }

        // Thousands of ranges of one file cost what one answer costs.
        foreach (string range in (string[])["bytes=" + string.Join(',', Enumerable.Repeat("0-", 5000)), "bytes=" + string.Join(',', Enumerable.Range(0, 3000).Select(i => $"{i}-{i}")), "bytes=0-18446744073709551615", "bytes=-0", "bytes=5-1", "bytes=" + new string('9', 20_000) + "-"])
        {
            for (int i = 0; i < 10; i++)
            {
                using HttpRequestMessage request = new(HttpMethod.Get, url);
                request.Headers.TryAddWithoutValidation("Range", range);
                using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                Assert.Contains((int)response.StatusCode, (int[])[200, 416]);
                Assert.InRange(response.Content.Headers.ContentLength ?? 0, 0, content.Length);
                await response.Content.CopyToAsync(Stream.Null);
            }
        }

        // Names that would leave the folder, hide a file or break a header.
        foreach (string name in (string[])["../../../secret", "..\\\\..\\\\secret", "/etc/passwd", "....//secret", "%2e%2e%2fsecret", "secret\\u0000.png", "a\\r\\nX-Evil: 1", ".hidden", new string('a', 5000), "con", "\\u202egnp.exe"])
        {
            string stored = await UploadAsync(server, name, "small"u8.ToArray());
            string last = new Uri(stored).Segments[^1];
            Assert.Matches("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$", last);
            using HttpResponseMessage read = await server.Client.GetAsync(stored);
            Assert.Equal((200, false), ((int)read.StatusCode, read.Headers.Contains("X-Evil")));
        }

        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Equal(["bodies", "files", "jobs.db", "jobs.db-shm", "jobs.db-wal", "lock", "secret", "uploads", "work"], Directory.EnumerateFileSystemEntries(data).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
        AssertGrowth(before, "hostile addresses, ranges and names");
    }

    private static async Task<string> UploadAsync(RunningServer server, string name, byte[] content)
    {
        Answer grant = await server.SendAsync("POST", "/rest/storage/upload/initiate?storage_type=fal-cdn-v3", $$"""{"content_type":"video/mp4","file_name":"{{name}}"}""");
        using ByteArrayContent body = new(content);
        Assert.Equal(200, (int)(await server.Client.PutAsync((string)grant.Body["upload_url"]!, body)).StatusCode);
        return (string)grant.Body["file_url"]!;
    }

    private void AssertGrowth(long before, string what)
    {
        long growth = ResidentMemory.Settled(() => ResidentMemory.Private) - before;
        output.WriteLine($"private resident memory after {what}: {growth / 1024.0 / 1024.0:+0.0;-0.0} MiB");
        Assert.InRange(growth, long.MinValue, MaxGrowth);
    }

    /// <summary>Sends as much as the server takes and returns the first line of its answer.</summary>
    private static async Task<string> RawAsync(RunningServer server, string head, IEnumerable<byte[]> body)
    {
        Uri url = new(server.Url);
        using TcpClient client = new();
        await client.ConnectAsync(url.Host, url.Port);
        NetworkStream stream = client.GetStream();
        Task<string?> answer = new StreamReader(stream).ReadLineAsync();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            foreach (byte[] part in body)
            {
                if (answer.IsCompleted)
                {
                    break;
                }

                await stream.WriteAsync(part);
            }
        }
        catch (IOException)
        {
            // The server has answered and closed.
        }

        return await answer.WaitAsync(HangLimit.Time) ?? string.Empty;
    }
}
