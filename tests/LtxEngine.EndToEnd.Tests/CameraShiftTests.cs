using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx camera-shift</c> on a copy of the demo model with camera LoRAs of known effect on the weights.</summary>
public sealed class CameraShiftTests : IDisposable
{
    private static readonly string[] Small = ["--prompt", "a boat on the sea", "--width", "64", "--height", "64", "--num-frames", "9", "--num-inference-steps", "2", "--seeds", "2", "--seed", "7"];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_LoRA_that_changes_no_weight_moves_nothing_and_one_that_does_is_told_apart()
    {
        DemoModelCopy model = new(_folder.Path, "static", "dolly-left");
        model.WriteLora(_folder.File("static.safetensors"), 0);
        model.WriteLora(_folder.File("dolly-left.safetensors"), 0.3f);
        string boat = Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png");
        LtxProcess run = await LtxProcess.RunAsync(["camera-shift", "--model", _folder.Path, "--image", boat, "--json", .. Small]);

        Assert.True(run.ExitCode == 0, run.Error);
        JsonElement[] loras = [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("camera_loras").EnumerateArray()];
        Assert.Equal(["dolly_left", "static"], loras.Select(lora => lora.GetProperty("name").GetString()));
        Assert.All(loras, lora => Assert.Equal([7, 8], lora.GetProperty("clips").EnumerateArray().Select(clip => clip.GetProperty("seed").GetInt32())));
        Assert.Equal((0, 0, 0), Motion(loras[1].GetProperty("mean")));
        Assert.NotEqual((0, 0, 0), Motion(loras[0].GetProperty("mean")));
        foreach (JsonElement clip in loras[0].GetProperty("clips").EnumerateArray())
        {
            (double right, double down, double growth) = Motion(clip.GetProperty("difference"));
            Assert.Equal(right, Motion(clip.GetProperty("with")).Right - Motion(clip.GetProperty("without")).Right, 0.0021);
            Assert.All([right, down, growth], value => Assert.InRange(value, -500, 500));
        }
    }

    [Fact]
    public async Task The_table_has_a_line_for_each_clip_and_a_mean()
    {
        new DemoModelCopy(_folder.Path, "jib-up").WriteLora(_folder.File("jib-up.safetensors"), 0.1f);
        LtxProcess run = await LtxProcess.RunAsync(["camera-shift", "--model", _folder.Path, .. Small]);

        Assert.True(run.ExitCode == 0, run.Error);
        string[] lines = [.. run.Output.Split('\n').Where(line => line.StartsWith("jib_up", StringComparison.Ordinal))];
        Assert.Equal(["7", "8", "mean"], lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        Assert.Contains("without a camera LoRA, seed 7", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_camera_LoRAs_is_wrong_use()
    {
        LtxProcess run = await LtxProcess.RunAsync(["camera-shift", "--model", RepositoryPaths.DemoModel, .. Small]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("camera LoRA", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static (double Right, double Down, double Growth) Motion(JsonElement motion) =>
        (motion.GetProperty("right").GetDouble(), motion.GetProperty("down").GetDouble(), motion.GetProperty("growth").GetDouble());
}
