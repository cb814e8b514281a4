using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace LtxEngine.Server.Tests.Operations;

/// <summary>What callers feel while the program computes: status streams and polls beside a running request.</summary>
[Collection(nameof(MemoryCollection))]
public sealed class LoadTests(ITestOutputHelper output)
{
    private const int Streams = 200;
    private const int Polls = 1000;

    [Fact]
    public async Task Two_hundred_status_streams_are_open_at_once_while_a_request_runs_and_polls_are_answered()
    {
        using TemporaryFolder folder = new();
        await using ServeProcess server = await ServeProcess.StartAsync(folder.Path);
        using StringContent body = new(RunningServer.EndlessInput, Encoding.UTF8, "application/json");
        string id = (string)JsonNode.Parse(await (await server.Client.PostAsync($"/queue/{RunningServer.Endpoint}", body)).Content.ReadAsStringAsync())!["request_id"]!;
        string url = $"/queue/{RunningServer.App}/requests/{id}";
        await Testing.HangLimit.UntilAsync(async () => (await server.Client.GetStringAsync(url + "/status")).Contains("IN_PROGRESS", StringComparison.Ordinal));

        HttpResponseMessage[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => server.Client.GetAsync(url + "/status/stream?logs=1", HttpCompletionOption.ResponseHeadersRead)));
        Assert.All(streams, s => Assert.Equal(HttpStatusCode.OK, s.StatusCode));
        Task<string>[] contents = [.. streams.Select(s => s.Content.ReadAsStringAsync())];
        List<double> milliseconds = [];
        for (int i = 0; i < Polls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage status = await server.Client.GetAsync(url + "/status?logs=0");
            Assert.Equal(HttpStatusCode.Accepted, status.StatusCode);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        // All of them are still open: the request has run all the time.
        Assert.DoesNotContain(contents, c => c.IsCompleted);
        milliseconds.Sort();
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{Polls} status polls beside {Streams} open streams while a request runs: median {milliseconds[Polls / 2]:0.0} ms, p99 {milliseconds[(Polls * 99 / 100) - 1]:0.0} ms, longest {milliseconds[^1]:0.0} ms");
        output.WriteLine(figures);
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "load.txt"), figures + "\n");

        await server.Client.PutAsync(url + "/cancel", content: null);
        Assert.All(await Task.WhenAll(contents), text => Assert.Contains("\"COMPLETED\"", text.Split("data: ")[^1], StringComparison.Ordinal));
    }
}
