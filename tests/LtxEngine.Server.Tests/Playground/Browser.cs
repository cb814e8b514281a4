using LtxEngine.Server.Tests.Clients;
using LtxEngine.Testing;
using Microsoft.Playwright;

namespace LtxEngine.Server.Tests.Playground;

/// <summary>The system's Chromium and a server with the demo model, for a class of tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private readonly DemoServer _demo = new();
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    internal RunningServer Server => _demo.Server;

    /// <summary>Where screenshots are kept to be looked at.</summary>
    internal static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    public async ValueTask InitializeAsync()
    {
        await ClientProgram.InstallAsync();
        Assertions.SetDefaultExpectTimeout(HangLimit.Milliseconds);
        _playwright = await Playwright.CreateAsync();

        // Chromium's own sandbox refuses to run as root, which containers do.
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Find(), Args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"], Timeout = HangLimit.Milliseconds });
        await _demo.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _demo.DisposeAsync();
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>Holds every clip in its middle until the result is disposed, or the clip is cancelled.</summary>
    internal IDisposable Hold() => _demo.Hold();

    /// <summary>Opens the page in a context of its own.</summary>
    /// <param name="options">Window size, colours; null for a large window in light colours.</param>
    internal async Task<IPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        IPage page = await OpenAsync(Server, options);
        await page.Locator("#field-prompt").WaitForAsync();
        return page;
    }

    /// <summary>Opens the page of a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="options">Window size, colours; null for a large window in light colours.</param>
    internal async Task<IPage> OpenAsync(RunningServer server, BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await _browser.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 }, ColorScheme = ColorScheme.Light });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(HangLimit.Milliseconds);
        page.PageError += (_, error) => throw new InvalidOperationException("The page's script failed: " + error);
        await page.GotoAsync(server.Url);
        return page;
    }

    private static string Find() => SystemBrowser.Find() ?? throw new InvalidOperationException("No Chromium is on PATH; eng/install-test-clients.sh installs it.");
}
