using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

/// <summary>Wrong use ends with exit code 2 and one clear message on standard error, before anything is loaded.</summary>
public sealed class UsageTests
{
    private static readonly string[] Generate = ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", "x", "--out", Path.Combine(Path.GetTempPath(), "ltx-usage-test.mp4")];

    [Theory]
    [InlineData("--seed x", "--seed is \"x\"; allowed: a whole number of 64 bits.")]
    [InlineData("--fps much", "--fps is \"much\"; allowed: 0.001 … 1000 frames per second.")]
    [InlineData("--generate-audio maybe", "--generate-audio is \"maybe\"; allowed: true, false.")]
    [InlineData("--threads -1", "--threads: allowed are 0 … 1024.")]
    [InlineData("--device gpu", "--device: 'gpu' names no device. Use auto, cpu, cuda or cuda:N.")]
    [InlineData("--compute-type fp8", "'fp8' is not one of auto, fp32, bf16, int8.")]
    [InlineData("--residency never", "'never' is not one of auto, keep-loaded, free-after-use, stream-blocks.")]
    [InlineData("--width 8", "--width is 8; allowed: 16 … 16384 pixels.")]
    [InlineData("--num-frames 0", "--num-frames is 0; allowed: 1 … 100000.")]
    [InlineData("--num-inference-steps 0", "--num-inference-steps is 0; allowed: 1 … 10000.")]
    [InlineData("--fps nan", "--fps is NaN; allowed: 0.001 … 1000 frames per second.")]
    [InlineData("--guidance-preset none", "--guidance-preset is \"none\"; allowed: january-15, january-29, distilled.")]
    [InlineData("--image-strength 2", "--image-strength is 2; allowed: 0 … 1.")]
    [InlineData("--image-crf 99", "--image-crf is 99; allowed: 0 (off) … 51.")]
    [InlineData("--image nowhere.png", "--image is nowhere.png; allowed: a readable picture")]
    [InlineData("--unknown", "Unrecognized command or argument '--unknown'.")]
    public async Task A_value_that_cannot_be_used_is_named(string flag, string message)
    {
        CommandLine run = await CommandLine.RunAsync([.. Generate, .. flag.Split(' ')]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains("ltx: " + message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task All_values_that_cannot_be_used_are_named_at_once()
    {
        CommandLine run = await CommandLine.RunAsync([.. Generate, "--width", "1", "--height", "2", "--fps", "0", "--image", RepositoryPaths.Root]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Equal(4, run.Error.Split("; allowed: ").Length - 1);
    }

    [Theory]
    [InlineData("generate --prompt x --model nowhere", "--model: the folder 'nowhere' does not exist.")]
    [InlineData("generate --prompt x", "Option '--model' is required.")]
    [InlineData("info nowhere", "'nowhere' is neither a folder nor a file.")]
    [InlineData("export nowhere", "'nowhere' is neither a folder nor a file.")]
    [InlineData("quantize nowhere --to fp8 --out x.safetensors", "'nowhere' is neither a folder nor a file.")]
    [InlineData("quantize nowhere --to int3 --out x.safetensors", "int3")]
    [InlineData("verify nowhere", "'nowhere' holds no folder 'cases'.")]
    [InlineData("frobnicate", "Unrecognized command or argument 'frobnicate'.")]
    public async Task A_command_without_what_it_needs_says_so(string arguments, string message)
    {
        CommandLine run = await CommandLine.RunAsync(arguments.Split(' '));

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_existing_file_is_kept_without_overwrite()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N") + ".mp4");
        await File.WriteAllTextAsync(path, "mine");
        try
        {
            CommandLine run = await CommandLine.RunAsync("generate", "--model", RepositoryPaths.DemoModel, "--prompt", "x", "--out", path);

            Assert.Equal(ExitCode.WrongUse, run.ExitCode);
            Assert.Contains("exists already", run.Error, StringComparison.Ordinal);
            Assert.Equal("mine", await File.ReadAllTextAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("--preview picture.jpg", "allowed: a file name that ends in .png.")]
    [InlineData("--preview nowhere/picture.png", "allowed: a file in a folder that exists; create ")]
    [InlineData("--preview folder.png", "allowed: the name of a file; this is a folder.")]
    [InlineData("--preview there.png", "allowed: a new file; this one exists already and overwriting was not asked for.")]
    [InlineData("--preview", "clip.preview.png\"; allowed: a new file; this one exists already and overwriting was not asked for.")]
    public async Task A_preview_that_cannot_be_written_is_told_before_anything_runs(string flags, string message)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-preview-");
        try
        {
            folder.CreateSubdirectory("folder.png");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "there.png"), "mine");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "clip.preview.png"), "mine");
            string[] words = flags.Split(' ');
            CommandLine run = await CommandLine.RunAsync(
                ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", "x", "--out", Path.Combine(folder.FullName, "clip.mp4"), words[0], .. words[1..].Select(name => Path.Combine(folder.FullName, name))]);

            Assert.Equal(ExitCode.WrongUse, run.ExitCode);
            Assert.StartsWith("ltx: --preview is \"", run.Error, StringComparison.Ordinal);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
            Assert.Equal(3, folder.GetFileSystemInfos().Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_device_that_is_not_there_fails_without_another_in_its_place()
    {
        CommandLine run = await CommandLine.RunAsync([.. Generate, "--device", "cuda"]);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("Tried:", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("generate --help")]
    [InlineData("verify --help")]
    public async Task Help_goes_to_standard_output(string arguments)
    {
        CommandLine run = await CommandLine.RunAsync(arguments.Split(' '));

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }
}
