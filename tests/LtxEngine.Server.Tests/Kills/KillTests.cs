using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using LtxEngine.Testing;
using Microsoft.Data.Sqlite;

namespace LtxEngine.Server.Tests.Kills;

/// <summary>
/// Kills the real program at random moments while requests are submitted, queued and running on the demo model. <c>LTX_KILLS=100</c> runs the long form.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly string Input = RunningServer.Input.Replace(
        "\"seed\"", "\"use_multiscale\":false,\"enable_prompt_expansion\":false,\"acceleration\":\"none\",\"seed\"", StringComparison.Ordinal);

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_the_program_is_killed()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("LTX_KILLS"), out int wanted) ? wanted : 3;
        using TemporaryFolder folder = new();
        Random random = new(11);
        HashSet<string> accepted = new(StringComparer.Ordinal);
        Dictionary<string, StoredJob> finished = new(StringComparer.Ordinal);
        int killsWhileRunning = 0;
        int killsWhileWaiting = 0;
        int unanswered = 0;
        int window = await MeasureAsync(folder.Path, accepted);
        for (int kill = 0; kill < kills; kill++)
        {
            await using (ServeProcess server = await StartAsync(folder.Path))
            {
                Task<int> submitting = SubmitAsync(server, random.Next(1, 3), random.Next(0, 300), accepted);
                await Task.Delay(random.Next(0, window));
                await server.KillAsync();
                unanswered += await submitting;
            }

            using (SqliteJobStore store = new(folder.File("jobs.db")))
            {
                Assert.Equal("ok", store.CheckIntegrity());
            }

            Dictionary<string, StoredJob> jobs = ReadJobs(folder.Path);
            Assert.Empty(accepted.Except(jobs.Keys));
            Assert.All(finished, job => Assert.Equal(job.Value, jobs[job.Key]));
            foreach (KeyValuePair<string, StoredJob> job in jobs.Where(j => j.Value.State == 2))
            {
                finished.TryAdd(job.Key, job.Value);
            }

            killsWhileRunning += jobs.Values.Any(j => j.State == 1) ? 1 : 0;
            killsWhileWaiting += jobs.Values.Any(j => j.State == 0) ? 1 : 0;
        }

        await using (ServeProcess last = await StartAsync(folder.Path))
        {
            await WaitUntilIdleAsync(folder.Path, last);
        }

        Dictionary<string, StoredJob> ends = ReadJobs(folder.Path);
        using (SqliteJobStore store = new(folder.File("jobs.db")))
        {
            Assert.Equal("ok", store.CheckIntegrity());
            foreach (string id in ends.Keys)
            {
                int starts = (await store.ReadLogsAsync(id)).Count(l => l.Message.StartsWith("Started", StringComparison.Ordinal));
                Assert.InRange(starts, 0, ends[id].Attempts);
            }
        }

        int lost = accepted.Count(id => ends.GetValueOrDefault(id) is not { State: 2 });
        int doubled = finished.Count(job => ends[job.Key] != job.Value);
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {kills} kills in the first {window} ms of a server: {killsWhileRunning} while a request ran, {killsWhileWaiting} while requests waited; integrity_check ok after each.
            {accepted.Count} requests submitted, {unanswered} submits without an answer, {ends.Count} stored.
            {finished.Count} finished between kills. {ends.Values.Count(j => j.Attempts > 1)} runs repeated, {ends.Values.Count(j => j.Attempts > 1 && j.StatusCode == 200)} of them with success; {ends.Values.Count(j => j.StatusCode == 200)} finished with a clip, {ends.Values.Count(j => j.StatusCode == 500)} ended because they were killed twice; lost {lost}, doubled {doubled}.
            """);
        output.WriteLine(counts);
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "kills.txt"), counts + "\n");
        Assert.Equal((0, 0), (lost, doubled));
        Assert.InRange(ends.Count, accepted.Count, accepted.Count + unanswered);
        Assert.All(ends.Values, job => Assert.InRange(job.Attempts, 1, 2));
        // Only a request that was killed twice while it ran may have failed.
        Assert.All(ends.Values, job => Assert.Equal(job.StatusCode == 200, job.OutputFile is not null));
        Assert.All(ends.Values.Where(j => j.StatusCode != 200), job => Assert.Equal((500, 2), (job.StatusCode, job.Attempts)));
    }

    /// <summary>Runs one request to its end, so that kills fall into every part of a run on slow and on fast machines.</summary>
    /// <returns>Twice the time from the start of the server to the end of the request, in milliseconds; 12 s at most.</returns>
    private static async Task<int> MeasureAsync(string folder, HashSet<string> accepted)
    {
        await using ServeProcess server = await StartAsync(folder);
        long start = Stopwatch.GetTimestamp();
        await SubmitAsync(server, 1, 0, accepted);
        await WaitUntilIdleAsync(folder, server);
        return (int)Math.Min(2 * Stopwatch.GetElapsedTime(start).TotalMilliseconds, 12_000);
    }

    private static Task<ServeProcess> StartAsync(string folder) => ServeProcess.StartAsync(folder, ["--queue-limit", "1000"]);

    /// <summary>Submits until the server is gone; an answered submit is one that must never be lost.</summary>
    /// <returns>Submits that got no answer, so that nobody knows whether they were accepted.</returns>
    private static async Task<int> SubmitAsync(ServeProcess server, int count, int pause, HashSet<string> accepted)
    {
        for (int i = 0; i < count; i++)
        {
            try
            {
                using StringContent body = new(Input, Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await server.Client.PostAsync($"/queue/{RunningServer.Endpoint}", body);
                accepted.Add((string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["request_id"]!);
                await Task.Delay(pause);
            }
            catch (HttpRequestException)
            {
                return 1;
            }
        }

        return 0;
    }

    private static async Task WaitUntilIdleAsync(string folder, ServeProcess server)
    {
        using CancellationTokenSource limit = new(HangLimit.Time);
        while (!server.HasExited)
        {
            if (ReadJobs(folder).Values.All(j => j.State == 2))
            {
                return;
            }

            await Task.Delay(50, limit.Token);
        }

        Assert.Fail("The server ended by itself.");
    }

    /// <summary>Reads the file beside the server: readers never disturb its writer.</summary>
    private static Dictionary<string, StoredJob> ReadJobs(string folder)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(folder, "jobs.db")};Mode=ReadOnly;Pooling=false");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, state, attempts, finished, status_code, output_file FROM jobs";
        using SqliteDataReader reader = command.ExecuteReader();
        Dictionary<string, StoredJob> jobs = new(StringComparer.Ordinal);
        while (reader.Read())
        {
            jobs.Add(reader.GetString(0), new StoredJob(reader.GetInt32(1), reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetInt64(3), reader.IsDBNull(4) ? null : reader.GetInt32(4), reader.IsDBNull(5) ? null : reader.GetString(5)));
        }

        return jobs;
    }

    private sealed record StoredJob(int State, int Attempts, long? Finished, int? StatusCode, string? OutputFile);
}
