using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>Files say how they were made, and <c>ltx generate --from</c> makes them again.</summary>
public sealed class RepeatTests : IDisposable
{
    private static readonly string[] Small = ["--width", "64", "--height", "64", "--num-frames", "9", "--num-inference-steps", "2"];
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("clip.mp4")]
    [InlineData("clip.gif")]
    public async Task A_clip_is_repeated_from_the_file_and_from_its_sidecar_and_a_changed_picture_is_noticed(string name)
    {
        string boat = _folder.File("boat.png");
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"), boat);
        await RunAsync(0, ["--prompt", "a boat; \"white\" = 白\n", "--image", boat, "--out", _folder.File(name), .. Small]);
        await RunAsync(0, "--from", _folder.File(name), "--out", _folder.File("from-" + name), "--sidecar", "false");
        await RunAsync(0, "--from", _folder.File(name + ".json"), "--out", _folder.File("sidecar-" + name));
        await RunAsync(0, "--from", _folder.File(name), "--out", _folder.File("other-" + name), "--seed", "77");

        byte[] first = await File.ReadAllBytesAsync(_folder.File(name));
        Assert.Equal(first, await File.ReadAllBytesAsync(_folder.File("from-" + name)));
        Assert.Equal(first, await File.ReadAllBytesAsync(_folder.File("sidecar-" + name)));
        Assert.NotEqual(first, await File.ReadAllBytesAsync(_folder.File("other-" + name)));
        Assert.False(File.Exists(_folder.File("from-" + name + ".json")));
        using (JsonDocument sidecar = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File(name + ".json"))))
        {
            Assert.Equal(boat, sidecar.RootElement.GetProperty("request").GetProperty("image").GetString());
            Assert.Equal("a boat; \"white\" = 白\n", sidecar.RootElement.GetProperty("request").GetProperty("prompt").GetString());
        }

        await File.AppendAllTextAsync(boat, "changed");
        LtxProcess changed = await RunAsync(2, "--from", _folder.File(name), "--out", _folder.File("again-" + name));
        Assert.Contains("this file was changed since", changed.Error, StringComparison.Ordinal);
        File.Delete(boat);
        LtxProcess missing = await RunAsync(2, "--from", _folder.File(name), "--out", _folder.File("again-" + name));
        Assert.Contains("which is missing", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_from_the_prompt_is_required()
    {
        LtxProcess run = await RunAsync(2, Small);
        Assert.Contains("--prompt", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<LtxProcess> RunAsync(int exitCode, params string[] arguments)
    {
        LtxProcess run = await LtxProcess.RunAsync(["generate", "--model", RepositoryPaths.DemoModel, .. arguments]);
        Assert.True(run.ExitCode == exitCode, run.Error);
        return run;
    }
}
