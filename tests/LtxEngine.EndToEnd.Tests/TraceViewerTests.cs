using System.Text.Json;
using LtxEngine.Testing;
using Microsoft.Playwright;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>The trace of <c>--profile</c> in a viewer: speedscope in the system's Chromium, which reads Chrome's format as Perfetto does.</summary>
public sealed class TraceViewerTests : IDisposable
{
    private const string StagesOfViewer = "ltx (pid 1), stages (tid 0)";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_viewer_shows_every_span_on_its_thread_with_its_time()
    {
        string? program = SystemBrowser.Find();
        Assert.SkipWhen(program is null, "No Chromium is on PATH.");
        await LtxProcess.CaptureAsync("bash", Path.Combine(RepositoryPaths.Root, "eng", "install-test-clients.sh"));
        LtxProcess run = await LtxProcess.RunAsync(
            "generate", "--model", RepositoryPaths.DemoModel, "--prompt", "a red ball", "--width", "64", "--height", "64", "--num-frames", "9", "--num-inference-steps", "2",
            "--seed", "1", "--out", _folder.File("clip.mp4"), "--profile", "--trace", _folder.File("clip.trace.json"));
        Assert.Equal(0, run.ExitCode);

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox"], Timeout = HangLimit.Milliseconds });
        IPage page = await browser.NewPageAsync();
        page.SetDefaultTimeout(HangLimit.Milliseconds);
        await page.GotoAsync(new Uri(Path.Combine(RepositoryPaths.Root, "tests", "LtxEngine.EndToEnd.Tests", "viewer", "node_modules", "speedscope", "dist", "release", "index.html")).AbsoluteUri);
        await page.Locator("input[type=file]").SetInputFilesAsync(_folder.File("clip.trace.json"));
        await page.GetByText(StagesOfViewer).First.WaitForAsync();
        string screenshots = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;
        await page.ScreenshotAsync(new() { Path = Path.Combine(screenshots, "trace.png") });
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.GetByText("Export").ClickAsync());
        await download.SaveAsAsync(_folder.File("viewer.json"));

        Dictionary<string, List<Span>> written = ReadTrace();
        Dictionary<string, List<Span>> shown = ReadViewer();
        Assert.Contains(StagesOfViewer, shown.Keys);
        Assert.Equal(written.Keys.Order(), shown.Keys.Order());
        Assert.True(written.Values.Sum(spans => spans.Count) > 1000);
        foreach ((string thread, List<Span> spans) in written)
        {
            Assert.Equal(spans.Count, shown[thread].Count);
            Assert.All(spans.Zip(shown[thread]), pair =>
            {
                Assert.Equal(pair.First.Name, pair.Second.Name);
                Assert.Equal(pair.First.Start - spans[0].Start, pair.Second.Start - shown[thread][0].Start, 0.01);
                Assert.Equal(pair.First.Length, pair.Second.Length, 0.01);
            });
        }
    }

    /// <summary>The spans of the file by thread, in the order of time; those of no length, which the viewer leaves out, are few.</summary>
    private Dictionary<string, List<Span>> ReadTrace()
    {
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(_folder.File("clip.trace.json")));
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Dictionary<int, string> names = events.Where(e => e.GetProperty("name").GetString() == "thread_name")
            .ToDictionary(e => e.GetProperty("tid").GetInt32(), e => e.GetProperty("args").GetProperty("name").GetString()!);
        return events.Where(e => e.GetProperty("ph").GetString() == "X").GroupBy(e => e.GetProperty("tid").GetInt32())
            .ToDictionary(
                thread => $"ltx (pid 1), {names[thread.Key]} (tid {thread.Key})",
                thread => thread.Select(e => new Span(e.GetProperty("name").GetString()!, e.GetProperty("ts").GetDouble(), e.GetProperty("dur").GetDouble())).Where(span => span.Length > 0).OrderBy(span => span.Start).ToList());
    }

    /// <summary>What the viewer made of them: spans that open and close, the arguments behind the name.</summary>
    private Dictionary<string, List<Span>> ReadViewer()
    {
        using JsonDocument viewer = JsonDocument.Parse(File.ReadAllBytes(_folder.File("viewer.json")));
        string[] names = [.. viewer.RootElement.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(frame => frame.GetProperty("name").GetString()!.Split(" {")[0])];
        Dictionary<string, List<Span>> threads = [];
        foreach (JsonElement profile in viewer.RootElement.GetProperty("profiles").EnumerateArray())
        {
            Assert.Equal("microseconds", profile.GetProperty("unit").GetString());
            List<Span> spans = [];
            (int Frame, double Start)? open = null;
            foreach (JsonElement change in profile.GetProperty("events").EnumerateArray())
            {
                int frame = change.GetProperty("frame").GetInt32();
                double at = change.GetProperty("at").GetDouble();
                if (change.GetProperty("type").GetString() == "O")
                {
                    Assert.Null(open);
                    open = (frame, at);
                }
                else
                {
                    Assert.Equal(frame, open?.Frame);
                    spans.Add(new Span(names[frame], open!.Value.Start, at - open.Value.Start));
                    open = null;
                }
            }

            threads.Add(profile.GetProperty("name").GetString()!, spans);
        }

        return threads;
    }

    private sealed record Span(string Name, double Start, double Length);
}
