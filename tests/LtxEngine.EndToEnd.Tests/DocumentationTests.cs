using System.Diagnostics;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>
/// Every <c>sh</c> block of the README and of every page under docs runs as it stands, in the order of the page, from a folder that looks like
/// the root of the repository. What cannot run there (a build, a server that never ends, a refusal shown on purpose) is fenced as <c>text</c>
/// or <c>console</c>. Where a page names the published model, a copy of the demo with LoRAs and small defaults stands in for it.
/// </summary>
public sealed class DocumentationTests
{
    /// <summary>Paths below the root of the repository.</summary>
    public static TheoryData<string> Pages => ["README.md", .. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "docs"), "*.md").Select(p => Path.GetRelativePath(RepositoryPaths.Root, p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task The_commands_of_a_page_run(string page)
    {
        List<(int Line, string Script)> blocks = Blocks(await File.ReadAllLinesAsync(Path.Combine(RepositoryPaths.Root, page)));
        if (blocks.Count == 0 || OperatingSystem.IsWindows())
        {
            // The blocks are written for a POSIX shell.
            return;
        }

        using TemporaryFolder folder = new();
        CreateRepository(folder);
        foreach ((int line, string script) in blocks)
        {
            (int exitCode, string output) = await RunAsync(folder, script);
            Assert.True(exitCode == 0, $"{page}, line {line}: exit code {exitCode}\n{script}\n{output}");
        }
    }

    [Theory]
    [InlineData("acceleration.md")]
    [InlineData("batch.md")]
    [InlineData("camera.md")]
    [InlineData("cli.md")]
    [InlineData("image-to-video.md")]
    [InlineData("lora.md")]
    [InlineData("output-formats.md")]
    [InlineData("prompt-expansion.md")]
    [InlineData("safety.md")]
    [InlineData("speed-against-quality.md")]
    [InlineData("start-and-end-image.md")]
    public void A_task_has_a_page_with_commands_that_run(string page) =>
        Assert.NotEmpty(Blocks(File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", page))));

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_block_says_what_it_is(string page)
    {
        // A block without a language would hide its commands from the test above.
        string[] fences = [.. (await File.ReadAllLinesAsync(Path.Combine(RepositoryPaths.Root, page))).Where(l => l.StartsWith("```", StringComparison.Ordinal))];
        Assert.Equal(0, fences.Length % 2);
        Assert.All(fences.Where((_, i) => i % 2 == 0), fence => Assert.Contains(fence[3..], (string[])["sh", "text", "console", "csharp", "json", "js", "python"]));
        Assert.All(fences.Where((_, i) => i % 2 == 1), fence => Assert.Equal("```", fence));
    }

    [Fact]
    public async Task A_block_fails_at_its_first_failing_or_unknown_command()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using TemporaryFolder folder = new();
        CreateRepository(folder);
        Assert.NotEqual(0, (await RunAsync(folder, "ltx no-such-command\ntrue")).ExitCode);
        Assert.NotEqual(0, (await RunAsync(folder, "no-such-program\ntrue")).ExitCode);
    }

    [Fact]
    public void Snippets_of_programs_stand_in_samples_that_are_built()
    {
        HashSet<string> lines = [.. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "samples"), "*.cs", SearchOption.AllDirectories).SelectMany(File.ReadLines).Select(l => l.Trim())];
        string[] snippets = [.. Pages.SelectMany(page => Fenced(File.ReadAllLines(Path.Combine(RepositoryPaths.Root, page.Data)), "csharp"))];

        Assert.NotEmpty(snippets);
        Assert.All(snippets, line => Assert.Contains(line.Trim(), lines));

        static IEnumerable<string> Fenced(string[] page, string language)
        {
            bool inside = false;
            foreach (string line in page)
            {
                bool fence = line.StartsWith("```", StringComparison.Ordinal);
                if (inside && !fence)
                {
                    yield return line;
                }

                inside = fence ? !inside && line[3..] == language : inside;
            }
        }
    }

    /// <summary>The blocks that are fenced as <c>sh</c>, with the line that each begins at.</summary>
    private static List<(int Line, string Script)> Blocks(string[] lines)
    {
        List<(int Line, string Script)> blocks = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() == "```sh")
            {
                string[] script = [.. lines.Skip(i + 1).TakeWhile(l => l.Trim() != "```")];
                blocks.Add((i + 2, string.Join('\n', script)));
                i += script.Length;
            }
        }

        return blocks;
    }

    /// <summary>Model and examples are copies, since commands may write beside them; the reference cases are a link.</summary>
    private static void CreateRepository(TemporaryFolder folder)
    {
        foreach (string file in new[] { RepositoryPaths.DemoModel, Path.Combine(RepositoryPaths.Root, "docs", "examples") }
            .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)).Where(f => !f.EndsWith(".onnx", StringComparison.Ordinal)))
        {
            string copy = folder.File(Path.GetRelativePath(RepositoryPaths.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        CreatePublishedModel(folder);
        Directory.CreateDirectory(folder.File("tests"));
        Directory.CreateSymbolicLink(folder.File("tests/reference-cases"), RepositoryPaths.ReferenceCases);
        Directory.CreateDirectory(folder.File(".bin"));
        ShellScript.Write(folder.File(".bin/ltx"), $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "ltx.dll")}' \"$@\"");
    }

    private static void CreatePublishedModel(TemporaryFolder folder)
    {
        DemoModelCopy model = new(folder.File("ltx-2-19b"), "dolly_in");
        model.WriteLora(folder.File("ltx-2-19b/dolly_in.safetensors"), 0.1f);
        model.WriteLora(folder.File("style.safetensors"), 0.02f);
        model.WriteLora(folder.File("other.safetensors"), 0.01f);
        foreach (string side in (string[])["width", "height"])
        {
            model.SetDefault(side, 64);
        }

        model.SetDefault("num_frames", 9);
        model.SetDefault("num_inference_steps", 2);
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"), folder.File("start.png"));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(TemporaryFolder folder, string script)
    {
        ProcessStartInfo start = new("sh", ["-e", "-u"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = folder.File(".bin") + Path.PathSeparator + start.Environment["PATH"];
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();

        // Commands must not read the rest of the script as their input.
        await process.StandardInput.WriteAsync($"{{\n{script}\n}} < /dev/null\n");
        process.StandardInput.Close();
        using CancellationTokenSource limit = new(HangLimit.Time);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"The block did not end within {HangLimit.Time}.");
        }

        return (process.ExitCode, await output + await error);
    }
}
