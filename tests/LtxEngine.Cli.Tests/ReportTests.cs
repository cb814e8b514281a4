using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

public sealed class ReportTests
{
    [Fact]
    public async Task Info_prints_the_networks_and_the_same_as_json()
    {
        CommandLine text = await CommandLine.RunAsync("info", RepositoryPaths.DemoModel);
        CommandLine json = await CommandLine.RunAsync("info", RepositoryPaths.DemoModel, "--json");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (text.ExitCode, json.ExitCode));
        using JsonDocument document = JsonDocument.Parse(json.Output);
        JsonElement components = document.RootElement.GetProperty("components");
        Assert.Equal(6, components.GetArrayLength());
        Assert.All(components.EnumerateArray(), c => Assert.Contains(c.GetProperty("name").GetString()!, text.Output, StringComparison.Ordinal));
        Assert.Equal(0, document.RootElement.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public async Task Info_of_a_file_that_is_no_model_fails_with_one_message()
    {
        CommandLine run = await CommandLine.RunAsync("info", Path.Combine(RepositoryPaths.Root, "README.md"));

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.StartsWith("ltx: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbose_tells_where_an_error_came_from()
    {
        CommandLine run = await CommandLine.RunAsync("info", Path.Combine(RepositoryPaths.Root, "README.md"), "--verbose");

        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_finds_what_is_needed_and_says_what_would_be_used()
    {
        CommandLine text = await CommandLine.RunAsync("doctor");
        CommandLine json = await CommandLine.RunAsync("doctor", "--json");

        Assert.Equal(ExitCode.Done, text.ExitCode);
        Assert.Contains("[ok] ffmpeg", text.Output, StringComparison.Ordinal);
        Assert.Contains("instruction set:", text.Output, StringComparison.Ordinal);
        Assert.Contains("used for --device auto", text.Output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json.Output);
        Assert.True(document.RootElement.GetProperty("usable").GetBoolean());
    }

    [Fact]
    public async Task Doctor_without_ffmpeg_fails_and_says_what_is_missing()
    {
        CommandLine run = await CommandLine.RunAsync("doctor", "--ffmpeg", Path.Combine(Path.GetTempPath(), "no-ffmpeg-here"));

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("[MISSING] ffmpeg", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_writes_graphs_beside_the_checkpoint_and_replaces_only_on_demand()
    {
        string folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        try
        {
            string checkpoint = Path.Combine(folder, "model.safetensors");
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"), checkpoint);
            CommandLine first = await CommandLine.RunAsync("export", checkpoint, "--json");
            CommandLine second = await CommandLine.RunAsync("export", checkpoint);
            CommandLine third = await CommandLine.RunAsync("export", checkpoint, "--overwrite");

            Assert.Equal((ExitCode.Done, ExitCode.Failed, ExitCode.Done), (first.ExitCode, second.ExitCode, third.ExitCode));
            using JsonDocument document = JsonDocument.Parse(first.Output);
            string[] files = [.. document.RootElement.GetProperty("files").EnumerateArray().Select(f => f.GetString()!)];
            Assert.True(files.Length >= 5);
            Assert.All(files, f => Assert.InRange(new FileInfo(f).Length, 1, 1_000_000));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
