using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests;

/// <summary>The real program <c>ltx serve</c> on the demo model, in a process of its own.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ltx.dll");

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors;

    private ServeProcess(Process process, ConcurrentQueue<string> errors, string url)
    {
        _process = process;
        _errors = errors;
        Url = url;
        Client = new HttpClient { BaseAddress = new Uri(url), Timeout = HangLimit.Time };
    }

    public string Url { get; }

    public HttpClient Client { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote to its error stream: the log.</summary>
    public IReadOnlyCollection<string> LogLines => _errors;

    /// <summary>Starts the program and waits until it listens.</summary>
    /// <param name="folder">Its data folder.</param>
    /// <param name="arguments">Further flags.</param>
    /// <param name="environment">Further variables.</param>
    public static async Task<ServeProcess> StartAsync(string folder, IEnumerable<string>? arguments = null, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", [Program, "serve", "--model", RepositoryPaths.DemoModel, "--data", folder, "--url", "http://127.0.0.1:0", .. arguments ?? []])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        ConcurrentQueue<string> errors = new();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                errors.Enqueue(line.Data);
            }
        };
        process.BeginErrorReadLine();
        string listening = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start: " + string.Join('\n', errors));
        return new ServeProcess(process, errors, listening.Replace("listening on ", string.Empty, StringComparison.Ordinal));
    }

    /// <summary>Ends it without warning.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop, as supervisors do, and waits for its end.</summary>
    public async Task TerminateAsync()
    {
        using Process signal = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(HangLimit.Time);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
