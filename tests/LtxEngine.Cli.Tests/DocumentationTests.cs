using System.CommandLine;
using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

/// <summary>docs/cli.md names every command and flag, and its commands run.</summary>
public sealed class DocumentationTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "cli.md"));

    [Fact]
    public void Every_command_and_flag_is_documented_in_its_section()
    {
        using StringWriter nowhere = new();
        RootCommand root = CommandLineApplication.CreateRoot(new Terminal(nowhere, nowhere, isInteractive: false));
        List<string> missing = [];
        foreach (Command command in root.Subcommands)
        {
            string section = Section($"## ltx {command.Name}");
            if (section.Contains("flags of [`ltx generate`](#ltx-generate)", StringComparison.Ordinal))
            {
                section += Section("## ltx generate");
            }

            if (section.Contains("(server.md#settings)", StringComparison.Ordinal))
            {
                section += File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "server.md"));
            }

            missing.AddRange(command.Options.Where(o => o.Name.StartsWith("--", StringComparison.Ordinal) && o.Name != "--help" && !section.Contains($"`{o.Name}", StringComparison.Ordinal)).Select(o => $"{command.Name} {o.Name}"));
        }

        Assert.Empty(missing);
        Assert.True(root.Subcommands.Count >= 5);
    }

    [Theory]
    [InlineData("ltx info models/demo")]
    [InlineData("ltx info models/demo/spatial-upscaler-x2.safetensors")]
    [InlineData("ltx doctor")]
    [InlineData("ltx verify tests/reference-cases --component guidance")]
    public async Task Documented_commands_run(string line)
    {
        Assert.Contains(line, Lines);
        string[] arguments = [.. line.Split(' ')[1..].Select(a => a.Contains('/', StringComparison.Ordinal) ? Path.Combine(RepositoryPaths.Root, a) : a)];

        Assert.Equal(ExitCode.Done, (await CommandLine.RunAsync(arguments)).ExitCode);
    }

    private static string Section(string heading)
    {
        int start = Array.IndexOf(Lines, heading);
        Assert.True(start >= 0, $"docs/cli.md has no section '{heading}'.");
        return string.Join('\n', Lines.Skip(start + 1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal)));
    }
}
