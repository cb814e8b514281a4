using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>The program in the build output holds machine code where the feed has the compiler for it, so that it starts faster.</summary>
public sealed class PrecompilationTests
{
    // The output folders of the program and of this test end alike: bin/Release/net10.0.
    private static readonly string Output = Path.Combine(
        RepositoryPaths.Root, "src", "LtxEngine.Cli", "bin", Path.GetRelativePath(Path.Combine(RepositoryPaths.Root, "tests", "LtxEngine.EndToEnd.Tests", "bin"), AppContext.BaseDirectory));

    private static readonly bool IsChosen = File.Exists(Choice)
        && bool.Parse(XDocument.Load(Choice).Descendants("PrecompileProgram").Single().Value)
        && Output.Contains("Release", StringComparison.Ordinal);

    private static string Choice => Path.Combine(RepositoryPaths.Root, "artifacts", "precompilation", "Precompilation.props");

    [Theory]
    [InlineData("ltx.dll")]
    [InlineData("LtxEngine.dll")]
    [InlineData("LtxEngine.Kernels.Cpu.dll")]
    [InlineData("System.CommandLine.dll")]
    public void The_program_is_precompiled_where_that_was_chosen(string assembly)
    {
        using PEReader reader = new(File.OpenRead(Path.Combine(Output, assembly)));

        Assert.Equal(IsChosen, reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
    }

    [Fact]
    public async Task It_makes_the_same_clip_as_the_program_that_net_compiles()
    {
        using TemporaryFolder folder = new();
        string[] request = ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", "a red ball", "--width", "64", "--height", "64", "--num-frames", "9", "--num-inference-steps", "2", "--seed", "3", "--out"];
        LtxProcess compiledWhileRunning = await LtxProcess.RunAsync([.. request, folder.File("tests.mp4")]);
        await LtxProcess.CaptureAsync("dotnet", [Path.Combine(Output, "ltx.dll"), .. request, folder.File("program.mp4")]);

        Assert.Equal(0, compiledWhileRunning.ExitCode);
        Assert.Equal(await File.ReadAllBytesAsync(folder.File("tests.mp4")), await File.ReadAllBytesAsync(folder.File("program.mp4")));
    }
}
