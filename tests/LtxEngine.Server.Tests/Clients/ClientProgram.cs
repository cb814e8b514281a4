using System.Diagnostics;
using System.Text.Json.Nodes;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>Runs programs as users of the server do.</summary>
internal static class ClientProgram
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "tests", "LtxEngine.Server.Tests", "clients");
    private static readonly Lazy<Task> Installed = new(RunInstallationAsync);

    public static string Picture => Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png");

    /// <summary>The same picture as a data URI.</summary>
    public static string PictureData => "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(Picture));

    /// <summary>Installs the clients and the browser where they are missing.</summary>
    public static Task InstallAsync() => Installed.Value;

    /// <summary>Runs a scenario of the official JavaScript client.</summary>
    public static async Task<JsonNode> RunScenarioAsync(RunningServer server, string scenario, string way, string extra = "")
    {
        await Installed.Value;
        string[] preload = way == "preload" ? ["--import", "./redirect.mjs"] : [];
        return JsonNode.Parse(await CaptureAsync(
            "node",
            [.. preload, "scenarios.mjs", scenario, server.Url, way, extra],
            ("FAL_LOCAL_BASE", server.Url),
            ("FAL_TEST_PICTURE", Picture)))!;
    }

    /// <summary>What ffprobe says of the video stream of a file: codec, width, height, frames; then the codec of its sound.</summary>
    public static async Task<string> ProbeAsync(string path)
    {
        string video = await CaptureAsync("ffprobe", ["-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", path]);
        string audio = await CaptureAsync("ffprobe", ["-v", "error", "-select_streams", "a:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path]);
        return $"{video.Trim()} {audio.Trim()}";
    }

    /// <summary>Runs a program and returns its standard output; a failure is an error of the test.</summary>
    public static async Task<string> CaptureAsync(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await error}");
    }

    private static async Task RunInstallationAsync() => await CaptureAsync("bash", [Path.Combine(RepositoryPaths.Root, "eng", "install-test-clients.sh")]);
}
