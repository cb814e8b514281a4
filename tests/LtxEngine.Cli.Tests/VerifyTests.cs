using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

public sealed class VerifyTests
{
    [Fact]
    public async Task Passing_cases_end_with_the_count_alone_on_the_last_line()
    {
        CommandLine run = await CommandLine.RunAsync("verify", RepositoryPaths.ReferenceCases, "--component", "sigmas");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        string last = run.Output.TrimEnd().Split('\n')[^1];
        Assert.Matches("^[1-9][0-9]* passed, 0 failed$", last);
    }

    [Fact]
    public async Task An_unknown_component_fails()
    {
        CommandLine run = await CommandLine.RunAsync("verify", RepositoryPaths.ReferenceCases, "--component", "no_such_component");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("unknown component 'no_such_component'", run.Error, StringComparison.Ordinal);
        Assert.Equal("0 passed, 0 failed", run.Output.TrimEnd().Split('\n')[^1]);
    }

    [Fact]
    public async Task A_case_of_an_unknown_component_fails()
    {
        string root = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        string folder = Path.Combine(root, "cases", "teleporter", "once");
        Directory.CreateDirectory(folder);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "case.json"), """{"component":"teleporter","parameters":{},"outputs":{}}""");
            CommandLine run = await CommandLine.RunAsync("verify", root);

            Assert.Equal(ExitCode.Failed, run.ExitCode);
            Assert.Contains("FAILED", run.Output, StringComparison.Ordinal);
            Assert.Equal("0 passed, 1 failed", run.Output.TrimEnd().Split('\n')[^1]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task Exceptions_and_names_choose_cases_and_json_lists_every_output()
    {
        string except = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(except, "# comment\nguidance/cfg_1\n");
            CommandLine run = await CommandLine.RunAsync("verify", RepositoryPaths.ReferenceCases, "--component", "guidance", "--except", except, "--json");
            CommandLine one = await CommandLine.RunAsync("verify", RepositoryPaths.ReferenceCases, "--case", "guidance/cfg_1", "--json");

            using JsonDocument document = JsonDocument.Parse(run.Output);
            using JsonDocument single = JsonDocument.Parse(one.Output);
            string[] names = [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("case").GetString()!)];
            Assert.DoesNotContain("cfg_1", names);
            Assert.Contains("cfg_4", names);
            JsonElement output = single.RootElement.GetProperty("cases")[0].GetProperty("outputs")[0];
            Assert.Equal("combined", output.GetProperty("name").GetString());
            Assert.True(output.GetProperty("error").GetDouble() <= output.GetProperty("limit").GetDouble());
        }
        finally
        {
            File.Delete(except);
        }
    }
}
