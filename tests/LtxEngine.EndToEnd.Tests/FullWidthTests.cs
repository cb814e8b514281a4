using System.Globalization;
using System.Text.RegularExpressions;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>
/// A transformer of the full 19B width runs with its blocks streamed, in a child process that the system forbids more data. The short
/// version of <c>docs/performance.md</c>: weights are zero, tokens few.
/// </summary>
public sealed partial class FullWidthTests : IDisposable
{
    private const long AllowedBytes = 4_000_000_000;
    private const long LimitedKibibytes = 4L << 20;
    private const int Layers = 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Blocks_of_full_width_stream_through_less_memory_than_the_file_has_bytes()
    {
        string file = _folder.File("full.safetensors");
        LtxProcess written = await LtxProcess.RunAsync("synth", "--config", "19b", "--layers", $"{Layers}", "--sparse", "--out", file);
        Assert.Equal((0, string.Empty), (written.ExitCode, written.Error));
        Assert.True(new FileInfo(file).Length > 6_500_000_000);

        string forward = string.Join(' ', "dotnet", Quoted(Path.Combine(AppContext.BaseDirectory, "LtxEngine.Benchmarks.dll")), "forward", Quoted(file), "128x128x9", "2");
        string output = OperatingSystem.IsLinux()
            ? await LtxProcess.CaptureAsync("sh", "-c", $"ulimit -d {LimitedKibibytes}; exec {forward}")
            : await LtxProcess.CaptureAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "LtxEngine.Benchmarks.dll"), "forward", file, "128x128x9", "2");

        Match resident = Resident().Match(output);
        Assert.True(resident.Success, output);
        Assert.InRange(double.Parse(resident.Groups[1].Value, CultureInfo.InvariantCulture) * 1e9, 1e9, AllowedBytes);
        Assert.Contains("finite       True", output, StringComparison.Ordinal);
        Assert.Contains($"{Layers} blocks, width 4096", output, StringComparison.Ordinal);
    }

    private static string Quoted(string path) => "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@"resident +([0-9.]+) GB")]
    private static partial Regex Resident();
}
