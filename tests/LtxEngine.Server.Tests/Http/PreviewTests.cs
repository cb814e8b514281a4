using System.Text.Json.Nodes;
using LtxEngine.Server.Work;
using Microsoft.Extensions.DependencyInjection;

namespace LtxEngine.Server.Tests.Http;

/// <summary>Pictures of a running job: told live, and kept nowhere.</summary>
public sealed class PreviewTests
{
    private static readonly VideoFrame Picture = new(4, 2, 1, new byte[] { 255, 0, 0, 0, 0, 255 }, TimeSpan.Zero);

    private static string DataUri => "data:image/png;base64," + Convert.ToBase64String(Picture.ToPng());

    [Fact]
    public async Task The_newest_picture_is_told_once_to_each_listener_and_is_gone_with_the_job()
    {
        ScriptedGenerator generator = new(isHeld: true) { Preview = Picture };
        await using RunningServer server = await RunningServer.StartAsync(generator);
        string id = await server.SubmitAsync();
        ProgressBoard board = server.Services.GetRequiredService<ProgressBoard>();
        await Testing.HangLimit.UntilAsync(() => board.Find(id) is { Progress.Block: 1 });

        // The reports after it have none, and it stays.
        Answer running = await server.SendAsync("GET", $"/api/jobs/{id}");
        Assert.Equal(DataUri, (string)running.Body["progress"]!["preview"]!);
        JsonNode listed = (await server.SendAsync("GET", "/api/jobs")).Body["jobs"]![0]!;
        Assert.Equal(("denoising", false), ((string)listed["progress"]!["stage"]!, listed["progress"]!.AsObject().ContainsKey("preview")));

        using StreamReader events = new(await server.Client.GetStreamAsync($"/api/jobs/{id}/events"));
        List<JsonNode> reports = [];
        string? name = null;
        while (await events.ReadLineAsync() is { } line)
        {
            name = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : name;
            if (line.StartsWith("data: ", StringComparison.Ordinal) && name == "progress")
            {
                reports.Add(JsonNode.Parse(line[6..])!);
                if (reports.Count == 1)
                {
                    board.Report(id, new GenerationProgress { Stage = GenerationStage.Denoising, Step = 2, Steps = 8 });
                }
                else if (reports.Count == 2)
                {
                    generator.Release();
                }
            }
        }

        Assert.True(reports.Count >= 2);
        Assert.Equal(DataUri, (string)reports[0]["preview"]!);
        Assert.All(reports.Skip(1), report => Assert.False(report.AsObject().ContainsKey("preview")));
        Assert.Equal([true], generator.WantedPreviews);

        JsonNode completed = await server.WaitAsync(id);
        Assert.DoesNotContain("data:", completed["logs"]!.ToJsonString(), StringComparison.Ordinal);

        // It is taken down just after the outcome can be read.
        await Testing.HangLimit.UntilAsync(() => board.Find(id) is null);
        Answer done = await server.SendAsync("GET", $"/api/jobs/{id}");
        Assert.Null(done.Body["progress"]);
        Assert.DoesNotContain(DataUri, done.Body.ToJsonString(), StringComparison.Ordinal);
    }
}
