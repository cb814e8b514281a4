using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx generate --checkpoint-dir</c>, killed while it denoises and started again.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string SavedFile => Path.Combine(_folder.File("steps"), "request.safetensors");

    [Fact]
    public async Task A_request_killed_in_either_stage_gives_the_same_frames_and_sound_to_the_last_bit()
    {
        string[] request =
        [
            "generate", "--model", RepositoryPaths.DemoModel, "--prompt", "a white boat sails on the blue sea", "--end-image", Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png"),
            "--use-multiscale", "true", "--width", "192", "--height", "128", "--num-frames", "33", "--num-inference-steps", "40", "--seed", "5",
        ];
        LtxProcess undisturbed = await LtxProcess.RunAsync([.. request, "--out", _folder.File("undisturbed.mp4")]);
        Assert.True(undisturbed.ExitCode == 0, undisturbed.Error);

        string[] saving = [.. request, "--checkpoint-dir", _folder.File("steps"), "--out", _folder.File("resumed.mp4"), "--json"];
        (int Stage, int Steps) first = await KillAsync(saving, after: (0, 5));
        (int Stage, int Steps) second = await KillAsync(saving, after: (1, 1));
        LtxProcess last = await LtxProcess.RunAsync(saving);

        Assert.True(last.ExitCode == 0, last.Error);
        Assert.Equal((0, 1), (first.Stage, second.Stage));
        using JsonDocument result = JsonDocument.Parse(last.Output);
        Assert.Equal(40 + second.Steps, result.RootElement.GetProperty("resumed_steps").GetInt32());
        Assert.Equal(await HashesAsync("undisturbed.mp4"), await HashesAsync("resumed.mp4"));
        Assert.Equal(["resumed.mp4", "resumed.mp4.json", "steps", "undisturbed.mp4", "undisturbed.mp4.json"], _folder.Names);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("steps")));
    }

    [Fact]
    public async Task A_folder_of_another_request_is_wrong_use_of_the_flag()
    {
        string[] request = ["generate", "--model", RepositoryPaths.DemoModel, "--checkpoint-dir", _folder.File("steps"), "--out", _folder.File("clip.mp4"), "--width", "64", "--height", "64", "--num-frames", "9"];
        await KillAsync([.. request, "--prompt", "a boat", "--num-inference-steps", "1000"], after: (0, 1));
        LtxProcess other = await LtxProcess.RunAsync([.. request, "--prompt", "a car", "--num-inference-steps", "2"]);

        Assert.Equal(2, other.ExitCode);
        Assert.Contains("ltx: --checkpoint-dir is", other.Error, StringComparison.Ordinal);
        Assert.Contains("differs in prompt, stage.sigmas", other.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(SavedFile));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Kills the program at once when a step is saved; returns the step that was the last.</summary>
    private async Task<(int Stage, int Steps)> KillAsync(string[] arguments, (int Stage, int Steps) after)
    {
        using Process process = LtxProcess.Start(arguments);
        while (!process.HasExited && Saved().CompareTo(after) < 0)
        {
            await Task.Delay(2);
        }

        Assert.False(process.HasExited, "ended before it was killed");
        process.Kill();
        await process.WaitForExitAsync();
        return Saved();
    }

    /// <summary>Stage and steps of the saved file; replaced as a whole, so it can be read while the program runs.</summary>
    private (int Stage, int Steps) Saved()
    {
        if (!File.Exists(SavedFile))
        {
            return (-1, 0);
        }

        using FileStream file = new(SavedFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] length = new byte[sizeof(long)];
        file.ReadExactly(length);
        byte[] header = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        file.ReadExactly(header);
        using JsonDocument json = JsonDocument.Parse(header);
        JsonElement metadata = json.RootElement.GetProperty("__metadata__");
        return (Number("stage"), Number("completed_steps"));

        int Number(string name) => int.Parse(metadata.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
    }

    /// <summary>A hash of every decoded frame and of the sound.</summary>
    private Task<string> HashesAsync(string file) => LtxProcess.CaptureAsync("ffmpeg", "-v", "error", "-i", _folder.File(file), "-f", "framehash", "-hash", "sha256", "-");
}
