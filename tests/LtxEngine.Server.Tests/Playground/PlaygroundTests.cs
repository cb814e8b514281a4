using System.Text.Json.Nodes;
using LtxEngine.Server.Tests.Clients;
using LtxEngine.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LtxEngine.Server.Tests.Playground;

/// <summary>The playground as people use it: in a real Chromium, against the real server and the demo model.</summary>
public sealed class PlaygroundTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Every_field_of_the_endpoint_has_a_labelled_control_with_its_default()
    {
        IPage page = await browser.OpenAsync();

        Assert.Equal(24, await page.Locator("[data-field]").CountAsync());
        await Expect(page.Locator("#model")).ToBeHiddenAsync();
        await page.GetByText("More settings").ClickAsync();
        await Expect(page.GetByLabel("Num Inference Steps", new() { Exact = true })).ToHaveValueAsync("40");
        await Expect(page.Locator("#field-guidance_scale")).ToHaveValueAsync("3");
        await Expect(page.Locator("#field-acceleration")).ToHaveValueAsync("regular");
        await Expect(page.Locator("#field-generate_audio")).ToBeCheckedAsync();
        Assert.Equal(1077, (await page.Locator("#field-negative_prompt").InputValueAsync()).Length);
        string nameless = await page.EvaluateAsync<string>(
            "() => [...document.querySelectorAll('input, select, textarea, button')].filter(e => !e.labels?.length && !e.ariaLabel && !e.textContent.trim()).map(e => e.outerHTML).join()");
        Assert.Equal(string.Empty, nameless);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "form.png"), FullPage = true });
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task A_filled_form_becomes_a_video_that_plays(ColorScheme colours, int width)
    {
        string look = $"{colours}-{width}".ToLowerInvariant();
        string prompt = $"a white boat sails on the blue sea, {look}";
        IPage page = await browser.OpenAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = 900 }, ColorScheme = colours });
        await page.GetByLabel("Choose a picture file").First.SetInputFilesAsync(ClientProgram.Picture);
        await Expect(page.Locator("#field-image_url")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("/cdn/files/"));
        await FillAsync(page, prompt, frames: 17, steps: 50, side: 128);
        await page.Locator("#field-seed").FillAsync("7");
        await Expect(page.Locator("#estimate")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^128 × 128, 17 frames \(0\.68 s\): 1 megapixel, which cost \$0\.0018 at the hosted endpoint\."));
        JsonNode request = JsonNode.Parse(await page.Locator("#request-json").TextContentAsync() ?? string.Empty)!;
        Assert.Equal(["prompt", "image_url", "num_frames", "video_size", "num_inference_steps", "seed", "enable_prompt_expansion"], request.AsObject().Select(p => p.Key));
        Assert.Equal((prompt, 17, 128, 50, 7, false), ((string)request["prompt"]!, (int)request["num_frames"]!, (int)request["video_size"]!["width"]!, (int)request["num_inference_steps"]!, (int)request["seed"]!, (bool)request["enable_prompt_expansion"]!));

        // The job stands still at its first picture until the page has been looked at.
        using IDisposable hold = browser.Hold();
        await page.Locator("#run").ClickAsync();
        await Expect(page.Locator("#progress")).ToBeVisibleAsync();
        await Expect(page.Locator("#status")).ToBeInViewportAsync();
        await Expect(page.Locator("#jobs li").Filter(new() { HasText = prompt })).ToContainTextAsync("running");
        await Expect(page.Locator("#preview")).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => { const p = document.getElementById('preview'); return p.complete && p.naturalWidth > 0; }");

        // A quarter of what the stage makes: 64 or 128 pixels.
        Assert.Contains(await page.EvaluateAsync<int>("() => document.getElementById('preview').naturalWidth"), (int[])[16, 32]);
        Assert.StartsWith("data:image/png;base64,", await page.Locator("#preview").GetAttributeAsync("src"), StringComparison.Ordinal);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, $"running-{look}.png") });
        hold.Dispose();
        await Expect(page.Locator("#status")).ToHaveTextAsync("Done.");

        await Expect(page.Locator("#video")).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => document.getElementById('video').videoWidth > 0");
        Assert.Equal((128, 128), (await page.EvaluateAsync<int>("() => document.getElementById('video').videoWidth"), await page.EvaluateAsync<int>("() => document.getElementById('video').videoHeight")));
        await page.EvaluateAsync("async () => { const v = document.getElementById('video'); v.muted = true; await v.play(); }");
        await page.WaitForFunctionAsync("() => { const v = document.getElementById('video'); return v.currentTime > 0 && v.error === null; }");
        await Expect(page.Locator("#facts")).ToContainTextAsync("17 frames at 25 a second");
        await Expect(page.Locator("#facts")).ToContainTextAsync("seed 7");
        await Expect(page.Locator("#log")).ToContainTextAsync("Denoising");
        JsonNode result = JsonNode.Parse(await page.Locator("#result-json").TextContentAsync() ?? string.Empty)!;
        Assert.Equal(17, (int)result["video"]!["num_frames"]!);
        Assert.Equal((prompt, 7), ((string)result["prompt"]!, (int)result["seed"]!));

        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.Locator("#download-link").ClickAsync());
        using TemporaryFolder folder = new();
        await download.SaveAsAsync(folder.File("clip.mp4"));
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, $"done-{look}.png") });
        Assert.Equal("h264,128,128,17 aac", await ClientProgram.ProbeAsync(folder.File("clip.mp4")));

        // The job is among the past ones and opens again with its settings.
        await page.ReloadAsync();
        await Expect(page.Locator("#jobs li").Filter(new() { HasText = prompt })).ToContainTextAsync("done");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Open {prompt}" }).First.ClickAsync();
        await Expect(page.Locator("#video")).ToBeVisibleAsync();
        await Expect(page.Locator("#field-num_frames")).ToHaveValueAsync("17");
    }

    [Fact]
    public async Task A_dropped_picture_is_uploaded_and_a_waiting_job_tells_its_place()
    {
        // A job of another caller holds the worker.
        using IDisposable hold = browser.Hold();
        string first = await browser.Server.SubmitAsync();
        string second = await browser.Server.SubmitAsync();
        await browser.Server.WaitForStateAsync(first, "IN_PROGRESS");
        IPage page = await browser.OpenAsync();
        await page.EvaluateAsync(
            """
            content => {
              const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
              document.querySelector("[data-field=image_url] .drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }
            """,
            Convert.ToBase64String(await File.ReadAllBytesAsync(ClientProgram.Picture)));
        await Expect(page.Locator("#field-image_url")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("/cdn/files/[0-9a-f]{32}/dropped.png$"));
        await FillAsync(page, "a job that waits", frames: 9, steps: 8);

        await page.Locator("#run").ClickAsync();
        await Expect(page.Locator("#status")).ToHaveTextAsync("Waiting: 1 ahead in the queue.");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "waiting.png") });
        await browser.Server.SendAsync("PUT", $"/queue/{RunningServer.App}/requests/{second}/cancel");
        await Expect(page.Locator("#status")).ToHaveTextAsync("Waiting: next in the queue.");
        await browser.Server.SendAsync("PUT", $"/queue/{RunningServer.App}/requests/{first}/cancel");
        hold.Dispose();
        await Expect(page.Locator("#status")).ToHaveTextAsync("Done.");
    }

    [Fact]
    public async Task Wrong_input_is_told_at_its_field()
    {
        IPage page = await browser.OpenAsync();
        await page.Locator("#field-num_frames").FillAsync("8");
        await Expect(page.Locator("#field-num_frames-error")).ToHaveTextAsync("Input should be greater than or equal to 9");
        await Expect(page.Locator("#field-num_frames")).ToHaveAttributeAsync("aria-invalid", "true");

        await page.Locator("#run").ClickAsync();

        await Expect(page.Locator("#failure")).ToContainTextAsync("num_frames: Input should be greater than or equal to 9");
        await Expect(page.Locator("#failure")).ToContainTextAsync("image_url: Field required");
        await Expect(page.Locator("#field-image_url-error")).ToHaveTextAsync("Field required");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "wrong-input.png") });
    }

    [Fact]
    public async Task A_running_job_is_cancelled()
    {
        IPage page = await browser.OpenAsync();
        await page.Locator("#field-image_url").FillAsync("data:image/png;base64," + Convert.ToBase64String(await File.ReadAllBytesAsync(ClientProgram.Picture)));
        await FillAsync(page, "a job that is cancelled", frames: 9, steps: 8);
        using IDisposable hold = browser.Hold();
        await page.Locator("#run").ClickAsync();
        await Expect(page.Locator("#preview")).ToBeVisibleAsync();
        await page.Locator("#cancel").ClickAsync();

        await Expect(page.Locator("#status")).ToHaveTextAsync("Cancelled.");
        await Expect(page.Locator("#jobs li").First).ToContainTextAsync("cancelled");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "cancelled.png") });
    }

    [Fact]
    public async Task A_server_with_keys_asks_for_one_and_the_page_goes_on_with_it()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedGenerator(), folder => new LtxServerOptions { DataDirectory = folder, ModelDirectory = "unused", Keys = ["id:secret"], DrainTime = TimeSpan.Zero });
        IPage page = await browser.OpenAsync(server);
        await Expect(page.Locator("#failure")).ToHaveTextAsync("Authentication is required to access this application");
        await Expect(page.Locator("#run")).ToBeHiddenAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "no-key.png") });

        await page.GetByLabel("API key").FillAsync("id:secret");
        await page.Keyboard.PressAsync("Tab");

        await Expect(page.Locator("#field-prompt")).ToBeVisibleAsync();
        await Expect(page.Locator("#failure")).ToBeHiddenAsync();
        await Expect(page.Locator("#status")).ToHaveTextAsync("Fill in the form and run it.");
        Assert.DoesNotContain("secret", await page.Locator("#snippet").TextContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_several_models_the_page_follows_the_chosen_one()
    {
        const string Draft = "my/ltx/draft";
        await using RunningServer server = await RunningServer.StartAsync(options: folder => new LtxServerOptions
        {
            DataDirectory = folder,
            Models = new Dictionary<string, string>(StringComparer.Ordinal) { [RunningServer.Endpoint] = RepositoryPaths.DemoModel, [Draft] = RepositoryPaths.DemoModel },
            DrainTime = TimeSpan.Zero,
        });
        await server.WaitAsync(await server.SubmitAsync(RunningServer.Input.Replace("a boat", "a job of the first model", StringComparison.Ordinal)));
        IPage page = await browser.OpenAsync(server);
        await Expect(page.Locator("#jobs li")).ToContainTextAsync("a job of the first model");
        await page.GetByLabel("Choose a picture file").First.SetInputFilesAsync(ClientProgram.Picture);
        await Expect(page.Locator("#field-image_url")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("/cdn/files/"));
        await FillAsync(page, "a job of the draft", frames: 9, steps: 8);
        Assert.Equal([RunningServer.Endpoint, Draft], await page.Locator("#model option").AllTextContentsAsync());
        await Expect(page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync(RunningServer.Endpoint);

        await page.RunAndWaitForResponseAsync(
            () => page.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync(Draft), response => response.Url == $"{server.Url}/api/estimate?model={Uri.EscapeDataString(Draft)}" && response.Ok);

        await Expect(page.Locator("#endpoint")).ToHaveTextAsync(Draft);
        await Expect(page.Locator("#request-address")).ToHaveTextAsync($"POST {server.Url}/queue/{Draft}");
        await Expect(page.Locator("#estimate")).ToContainTextAsync("64 × 64, 9 frames");
        await Expect(page.Locator("#jobs li")).ToHaveCountAsync(0);
        await Expect(page.Locator("#field-prompt")).ToHaveValueAsync("a job of the draft");
        await page.Locator("#snippets summary").ClickAsync();
        Assert.Contains($"{server.Url}/queue/{Draft}'", await SnippetAsync(page, "cURL"), StringComparison.Ordinal);
        Assert.Contains($"{server.Url}/queue/my/ltx/requests/", await SnippetAsync(page, "cURL"), StringComparison.Ordinal);
        Assert.Contains($"fal.subscribe(\"{Draft}\"", await SnippetAsync(page, "JavaScript"), StringComparison.Ordinal);
        Assert.Contains($"    \"{Draft}\",", await SnippetAsync(page, "Python"), StringComparison.Ordinal);

        await page.Locator("#run").ClickAsync();
        await Expect(page.Locator("#status")).ToHaveTextAsync("Done.");
        JsonArray jobs = (await server.SendAsync("GET", "/api/jobs")).Body["jobs"]!.AsArray();
        Assert.Equal([Draft, RunningServer.Endpoint], jobs.Select(job => (string)job!["endpoint"]!));

        // The choice outlasts a reload; a past job opens with the model that made it.
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Model", new() { Exact = true })).ToHaveValueAsync(Draft);
        await Expect(page.Locator("#jobs li")).ToContainTextAsync("a job of the draft");
        await page.GetByText("Request as JSON").ClickAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "models.png") });
        await page.GetByRole(AriaRole.Button, new() { Name = "Open a job of the draft" }).ClickAsync();
        await Expect(page.Locator("#video")).ToBeVisibleAsync();
        await page.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync(RunningServer.Endpoint);
        await Expect(page.Locator("#jobs li")).ToContainTextAsync("a job of the first model");
    }

    [Fact]
    public async Task Nothing_comes_from_elsewhere()
    {
        IPage page = await browser.OpenAsync();
        List<string> asked = [];
        page.Request += (_, request) => asked.Add(request.Url);
        await page.ReloadAsync();
        await page.Locator("#field-prompt").WaitForAsync();

        Assert.Contains(browser.Server.Url + "/playground/app.js", asked);
        Assert.All(asked, url => Assert.True(url.StartsWith(browser.Server.Url + "/", StringComparison.Ordinal) || url == "data:,", url));
    }

    [Fact]
    public async Task The_page_works_with_the_keyboard_alone()
    {
        IPage page = await browser.OpenAsync();
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the result", await page.EvaluateAsync<string>("() => document.activeElement.textContent"));
        await page.Locator("#field-num_frames").FocusAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("7");
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("#field-image_url")).ToBeFocusedAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    public async Task Dark_colours_and_narrow_screens_work(ColorScheme colours, int width)
    {
        IPage page = await browser.OpenAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = 844 }, ColorScheme = colours });

        Assert.Equal(width, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        string background = await page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
        Assert.Equal(colours == ColorScheme.Dark ? "rgb(20, 22, 26)" : "rgb(246, 247, 249)", background);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, $"{colours}-{width}.png".ToLowerInvariant()) });
    }

    [Fact]
    public async Task The_JavaScript_and_cURL_programs_work_as_they_are_shown()
    {
        IPage page = await browser.OpenAsync();
        await page.GetByLabel("Choose a picture file").First.SetInputFilesAsync(ClientProgram.Picture);
        await Expect(page.Locator("#field-image_url")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("/cdn/files/"));
        await FillAsync(page, "the boat's sails", frames: 9, steps: 8);
        await page.Locator("#snippets summary").ClickAsync();

        Assert.Contains("COMPLETED", await SnippetAsync(page, "cURL"), StringComparison.Ordinal);
        JsonNode result = JsonNode.Parse(await ClientProgram.CaptureAsync("sh", ["-c", await SnippetAsync(page, "cURL")]))!;
        Assert.Equal(9, (int)result["video"]!["num_frames"]!);
        string printed = await ClientProgram.CaptureAsync("node", ["--input-type=module", "--eval", await SnippetAsync(page, "JavaScript")]);
        Assert.Matches(@"[0-9a-f-]{36} http.*/cdn/files/.*\.mp4", printed);
        Assert.Contains("\"num_frames\": 9,", await SnippetAsync(page, "Python"), StringComparison.Ordinal);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "snippet.png") });
    }

    private static async Task FillAsync(IPage page, string prompt, int frames, int steps, int side = 64)
    {
        await page.Locator("#field-prompt").FillAsync(prompt);
        await page.Locator("#field-num_frames").FillAsync($"{frames}");
        await page.Locator("#field-video_size").SelectOptionAsync("custom");
        await page.GetByLabel("Width in pixels").FillAsync($"{side}");
        await page.GetByLabel("Height in pixels").FillAsync($"{side}");
        await page.GetByText("More settings").ClickAsync();
        await page.Locator("#field-num_inference_steps").FillAsync($"{steps}");
        await page.Locator("#field-enable_prompt_expansion").UncheckAsync();
    }

    private static async Task<string> SnippetAsync(IPage page, string language)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = language, Exact = true }).ClickAsync();
        return await page.Locator("#snippet").TextContentAsync() ?? string.Empty;
    }
}
