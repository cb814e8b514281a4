using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using LtxEngine.Server.Jobs;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Kills;

/// <summary>
/// Kills the real program at random moments while requests are queued and running on the demo model. <c>LTX_KILLS=100</c> runs the long form.
/// </summary>
public sealed class KillTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ltx.dll");

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_the_program_is_killed()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("LTX_KILLS"), out int wanted) ? wanted : 3;
        using TemporaryFolder folder = new();
        Random random = new(11);
        List<string> accepted = [];
        for (int kill = 0; kill < kills; kill++)
        {
            using Process server = await StartAsync(folder.Path, accepted, submits: random.Next(1, 3));
            await Task.Delay(random.Next(0, 3000));
            server.Kill();
            await server.WaitForExitAsync();
            using SqliteJobStore store = new(folder.File("jobs.db"));
            Assert.Equal("ok", store.CheckIntegrity());
        }

        using Process last = await StartAsync(folder.Path, accepted, submits: 0);
        Dictionary<int, int> outcomes = [];
        try
        {
            await WaitUntilIdleAsync(folder.Path, last);
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync();
        }

        using (SqliteJobStore store = new(folder.File("jobs.db")))
        {
            Assert.Equal("ok", store.CheckIntegrity());
            foreach (string id in accepted)
            {
                JobStatus status = (await store.GetStatusAsync(id))!;
                Assert.Equal(JobState.Completed, status.State);
                Assert.InRange(status.Attempts, 1, 2);
                outcomes[status.StatusCode!.Value] = outcomes.GetValueOrDefault(status.StatusCode.Value) + 1;
                int starts = (await store.ReadLogsAsync(id)).Count(l => l.Message.StartsWith("Started", StringComparison.Ordinal));
                Assert.InRange(starts, 0, 2);
            }

            Assert.Equal(accepted.Count, (await store.CountAsync()).Completed);
        }

        // Only a request that was killed twice while it ran may have failed.
        Assert.Empty(outcomes.Keys.Except([200, 500]));
        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {accepted.Count} requests: {string.Join(", ", outcomes.Select(o => $"{o.Value} ended with {o.Key}"))}");
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "kills.txt"), $"{kills} kills, {accepted.Count} requests: {string.Join(", ", outcomes.Select(o => $"{o.Value} ended with {o.Key}"))}\n");
    }

    private static async Task<Process> StartAsync(string folder, List<string> accepted, int submits)
    {
        Process process = Process.Start(new ProcessStartInfo("dotnet", [Program, "serve", "--model", RepositoryPaths.DemoModel, "--data", folder, "--url", "http://127.0.0.1:0", "--queue-limit", "1000"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string url = (await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.")).Replace("listening on ", string.Empty, StringComparison.Ordinal);
        using HttpClient client = new();
        for (int i = 0; i < submits; i++)
        {
            string input = RunningServer.Input.Replace("\"seed\"", "\"use_multiscale\":false,\"enable_prompt_expansion\":false,\"acceleration\":\"none\",\"seed\"", StringComparison.Ordinal);
            using StringContent body = new(input, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await client.PostAsync($"{url}/queue/{RunningServer.Endpoint}", body);
            accepted.Add((string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["request_id"]!);
        }

        return process;
    }

    private static async Task WaitUntilIdleAsync(string folder, Process server)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(20));
        while (!server.HasExited)
        {
            // A second reader of the file: readers never disturb the server's writer.
            using Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={Path.Combine(folder, "jobs.db")};Mode=ReadOnly;Pooling=false");
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT COUNT(*) FROM jobs WHERE state <> 2";
            if ((long)command.ExecuteScalar()! == 0)
            {
                return;
            }

            await Task.Delay(200, limit.Token);
        }

        Assert.Fail("The server ended by itself.");
    }
}
