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
    public async Task Files_name_the_model_and_the_LoRAs_and_repeating_with_others_is_told()
    {
        DemoModelCopy model = new(_folder.File("my-model"), "dolly_in");
        model.WriteLora(_folder.File("my-model/dolly_in.safetensors"), 0.02f);
        model.WriteLora(_folder.File("style.safetensors"), 0.01f);
        string[] withModel = ["--model", model.Path];
        await RunWithAsync(0, [.. withModel, "--prompt", "a boat", "--lora", _folder.File("style.safetensors") + ":0.5", "--camera-lora", "dolly_in", "--out", _folder.File("clip.mp4"), .. Small]);

        using (JsonDocument sidecar = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("clip.mp4.json"))))
        {
            JsonElement stored = sidecar.RootElement.GetProperty("model");
            Assert.Equal(("my-model", "model.safetensors"), (stored.GetProperty("name").GetString(), stored.GetProperty("checkpoint").GetString()));
            Assert.StartsWith(new FileInfo(_folder.File("my-model/model.safetensors")).Length + " bytes, ", stored.GetProperty("fingerprint").GetString(), StringComparison.Ordinal);
            Assert.Equal(
                [_folder.File("my-model/dolly_in.safetensors"), _folder.File("style.safetensors")],
                sidecar.RootElement.GetProperty("loras").EnumerateArray().Select(lora => lora.GetProperty("file").GetString()!).Order(StringComparer.Ordinal));
        }

        // The video names the LoRA without its folder: it is found beside the video.
        LtxProcess same = await RunWithAsync(0, [.. withModel, "--from", _folder.File("clip.mp4"), "--out", _folder.File("same.mp4"), "--sidecar", "false"]);
        Assert.DoesNotContain("warning", same.Error, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("clip.mp4")), await File.ReadAllBytesAsync(_folder.File("same.mp4")));

        File.Delete(_folder.File("style.safetensors"));
        model.WriteLora(_folder.File("style.safetensors"), 0.03f);
        await using (FileStream checkpoint = File.OpenWrite(_folder.File("my-model/model.safetensors")))
        {
            checkpoint.Position = checkpoint.Length - 1;
            checkpoint.WriteByte(0x3b);
        }

        LtxProcess other = await RunWithAsync(0, [.. withModel, "--from", _folder.File("clip.mp4"), "--out", _folder.File("other.mp4"), "--json"]);
        using JsonDocument result = JsonDocument.Parse(other.Output);
        string[] warnings = [.. result.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!)];
        Assert.Equal(2, warnings.Length);
        Assert.StartsWith("The clip was made with another model, my-model (model.safetensors, ", warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("The clip was made with another LoRA file style.safetensors (", warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_from_the_prompt_is_required()
    {
        LtxProcess run = await RunAsync(2, Small);
        Assert.Contains("--prompt", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<LtxProcess> RunAsync(int exitCode, params string[] arguments) => RunWithAsync(exitCode, ["--model", RepositoryPaths.DemoModel, .. arguments]);

    private static async Task<LtxProcess> RunWithAsync(int exitCode, string[] arguments)
    {
        LtxProcess run = await LtxProcess.RunAsync(["generate", .. arguments]);
        Assert.True(run.ExitCode == exitCode, run.Error);
        return run;
    }
}
