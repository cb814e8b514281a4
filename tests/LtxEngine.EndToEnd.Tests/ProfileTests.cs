using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx generate --profile</c>.</summary>
public sealed class ProfileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_table_names_stages_and_operations_and_the_trace_lies_beside_the_clip()
    {
        LtxProcess run = await LtxProcess.RunAsync([.. Arguments, "--profile"]);

        Assert.Equal(0, run.ExitCode);
        foreach (string expected in (string[])["text encoding", "denoising", "linear", "attention", "graph video_vae_decoder", "outside the networks", "GFLOP/s", "clip.trace.json"])
        {
            Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        }

        using JsonDocument trace = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder.File("clip.trace.json")));
        Assert.True(trace.RootElement.GetProperty("traceEvents").GetArrayLength() > 100);
    }

    [Fact]
    public async Task With_json_the_table_goes_to_standard_error_and_the_trace_where_it_is_asked_for()
    {
        LtxProcess run = await LtxProcess.RunAsync([.. Arguments, "--profile", "timing", "--trace", _folder.File("other.json"), "--json"]);

        Assert.Equal(0, run.ExitCode);
        using JsonDocument result = JsonDocument.Parse(run.Output);
        Assert.Equal(_folder.File("clip.mp4"), result.RootElement.GetProperty("file").GetString());
        Assert.Contains("outside the networks", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("other.json")));
        Assert.False(File.Exists(_folder.File("clip.trace.json")));
    }

    [Theory]
    [InlineData("--profile", "fast", "--profile: 'fast' is not one of library, endpoint, timing")]
    [InlineData("--trace", "x.json", "--trace: there is a trace with --profile only")]
    [InlineData("--memory-budget", "much", "--memory-budget: 'much' is not a size")]
    public async Task Wrong_values_are_refused(string flag, string value, string message)
    {
        LtxProcess run = await LtxProcess.RunAsync([.. Arguments, flag, value]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_budget_that_is_too_small_is_refused_with_the_sum()
    {
        LtxProcess run = await LtxProcess.RunAsync([.. Arguments, "--memory-budget", "64MiB"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("0.06 GiB (the memory budget)", run.Error, StringComparison.Ordinal);
        Assert.Contains("(most)", run.Error, StringComparison.Ordinal);
    }

    private string[] Arguments =>
    [
        "generate", "--model", RepositoryPaths.DemoModel, "--prompt", "a red ball", "--width", "64", "--height", "64", "--num-frames", "9",
        "--num-inference-steps", "2", "--seed", "1", "--out", _folder.File("clip.mp4"),
    ];
}
