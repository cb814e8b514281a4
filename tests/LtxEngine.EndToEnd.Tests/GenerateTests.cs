using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx generate</c> as users run it, on the demo model; what comes out is looked at with ffprobe and ffmpeg.</summary>
public sealed class GenerateTests : IDisposable
{
    private static readonly string[] Small = ["--width", "96", "--height", "64", "--num-frames", "12", "--fps", "12", "--num-inference-steps", "3", "--seed", "5"];
    private readonly TemporaryFolder _folder = new();

    private static string Boat => Path.Combine(RepositoryPaths.DemoModel, "examples", "boat.png");

    [Fact]
    public async Task A_picture_and_a_prompt_become_a_video_with_sound()
    {
        string path = _folder.File("clip.mp4");
        LtxProcess run = await LtxProcess.RunAsync([.. Generate(path), "--image", Boat, .. Small]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("12 at 12 frames per second (1.00 s), with sound", run.Output, StringComparison.Ordinal);
        Assert.Contains("peak memory", run.Output, StringComparison.Ordinal);
        Assert.Contains("denoising", run.Error, StringComparison.Ordinal);
        using JsonDocument probe = await ProbeAsync(path);
        JsonElement video = Stream(probe, "video");
        JsonElement audio = Stream(probe, "audio");
        Assert.Equal(
            ("h264", 96, 64, "12", "12/1", "yuv420p"),
            (Text(video, "codec_name"), video.GetProperty("width").GetInt32(), video.GetProperty("height").GetInt32(), Text(video, "nb_read_frames"), Text(video, "r_frame_rate"), Text(video, "pix_fmt")));
        Assert.Equal(("aac", 2), (Text(audio, "codec_name"), audio.GetProperty("channels").GetInt32()));
        Assert.InRange(double.Parse(Text(probe.RootElement.GetProperty("format"), "duration"), CultureInfo.InvariantCulture), 0.99, 1.1);
        Assert.True(await PeakOfSoundAsync(path) > 0.001, "the sound is silent");
        Assert.Equal(["clip.mp4", "clip.mp4.json"], _folder.Names);
    }

    [Fact]
    public async Task The_json_output_describes_the_file()
    {
        string path = _folder.File("clip.mp4");
        LtxProcess run = await LtxProcess.RunAsync([.. Generate(path), .. Small, "--json"]);

        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement root = document.RootElement;
        Assert.Equal(path, root.GetProperty("file").GetString());
        Assert.Equal(new FileInfo(path).Length, root.GetProperty("file_size").GetInt64());
        Assert.Equal((96, 64, 12), (root.GetProperty("width").GetInt32(), root.GetProperty("height").GetInt32(), root.GetProperty("num_frames").GetInt32()));
        Assert.Equal((5L, 12.0, 1.0), (root.GetProperty("seed").GetInt64(), root.GetProperty("fps").GetDouble(), root.GetProperty("duration").GetDouble()));
        Assert.True(root.GetProperty("has_audio").GetBoolean());
        Assert.True(root.GetProperty("peak_memory_bytes").GetInt64() > 10_000_000);
        Assert.Equal(
            ["audio_decoding", "denoising", "encoding", "image_conditioning", "queued", "text_encoding", "video_decoding"],
            root.GetProperty("seconds").EnumerateObject().Select(s => s.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Without_sound_there_is_one_stream_and_quiet_prints_nothing()
    {
        string path = _folder.File("clip.mp4");
        LtxProcess run = await LtxProcess.RunAsync([.. Generate(path), .. Small, "--generate-audio", "false", "--quiet"]);

        Assert.Equal((0, string.Empty, string.Empty), (run.ExitCode, run.Output, run.Error));
        using JsonDocument probe = await ProbeAsync(path);
        Assert.Equal(1, probe.RootElement.GetProperty("streams").GetArrayLength());
    }

    [Theory]
    [InlineData("fp8")]
    [InlineData("nvfp4")]
    public async Task A_quantised_model_generates(string format)
    {
        string model = Path.Combine(Path.GetDirectoryName(_folder.File("x"))!, "model");
        Directory.CreateDirectory(Path.Combine(model, "gemma"));
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryPaths.DemoModel, "gemma")))
        {
            File.Copy(file, Path.Combine(model, "gemma", Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "ltx-model.json"), Path.Combine(model, "ltx-model.json"));
        File.Copy(Path.Combine(RepositoryPaths.DemoModel, "spatial-upscaler-x2.safetensors"), Path.Combine(model, "spatial-upscaler-x2.safetensors"));
        LtxProcess quantize = await LtxProcess.RunAsync(["quantize", RepositoryPaths.DemoModel, "--to", format, "--out", Path.Combine(model, "model.safetensors")]);
        Assert.True(quantize.ExitCode == 0, quantize.Error);

        string path = _folder.File("clip.mp4");
        LtxProcess run = await LtxProcess.RunAsync(["generate", "--model", model, "--prompt", "a boat", "--out", path, .. Small]);
        Assert.True(run.ExitCode == 0, run.Error);
        using JsonDocument probe = await ProbeAsync(path);
        Assert.Equal("12", Text(Stream(probe, "video"), "nb_read_frames"));
        Assert.True(await PeakOfSoundAsync(path) > 0.001, "the sound is silent");
    }

    [Fact]
    public async Task A_wrong_picture_ends_with_exit_code_2_and_one_line_about_it()
    {
        string picture = _folder.File("not-a-picture.png");
        await File.WriteAllTextAsync(picture, "just text");
        LtxProcess run = await LtxProcess.RunAsync([.. Generate(_folder.File("clip.mp4")), "--image", picture, .. Small]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"ltx: --image is {picture}; allowed: a readable picture", run.Error, StringComparison.Ordinal);
        Assert.Equal(["not-a-picture.png"], _folder.Names);
    }

    [Fact]
    public async Task Interrupting_ends_with_exit_code_130_and_leaves_nothing()
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no interrupt signal that reaches one process only.
            return;
        }

        using Process process = LtxProcess.StartInterruptible([.. Generate(_folder.File("clip.mp4")), "--num-inference-steps", "10000"]);
        string? line;
        while ((line = await process.StandardError.ReadLineAsync()) is not null && !line.StartsWith("denoising", StringComparison.Ordinal))
        {
        }

        LtxProcess.Interrupt(process);
        string rest = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("ltx: cancelled.", rest, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task The_first_frame_of_the_file_is_the_start_picture()
    {
        string path = _folder.File("clip.mp4");
        string frame = _folder.File("frame.rgb");
        string picture = _folder.File("picture.rgb");
        LtxProcess run = await LtxProcess.RunAsync([.. Generate(path), "--image", Boat, "--num-inference-steps", "4", "--seed", "5"]);
        Assert.True(run.ExitCode == 0, run.Error);
        await LtxProcess.CaptureAsync("ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", frame);
        await LtxProcess.CaptureAsync("ffmpeg", "-v", "error", "-i", Boat, "-vf", "scale=128:128", "-f", "rawvideo", "-pix_fmt", "rgb24", picture);

        // The VAE of the demo model reproduces pictures at about 25 dB; another scene would be below 15 dB.
        double psnr = Psnr(await File.ReadAllBytesAsync(picture), await File.ReadAllBytesAsync(frame));
        Assert.True(psnr >= 20, $"PSNR {psnr:0.0} dB");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Generate(string path) =>
        ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", "a white boat sails on the blue sea, with waves", "--out", path];

    private static async Task<JsonDocument> ProbeAsync(string path) => JsonDocument.Parse(
        await LtxProcess.CaptureAsync("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path));

    private static JsonElement Stream(JsonDocument probe, string type) =>
        probe.RootElement.GetProperty("streams").EnumerateArray().Single(s => Text(s, "codec_type") == type);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private async Task<double> PeakOfSoundAsync(string path)
    {
        string samples = _folder.File("sound.f32");
        await LtxProcess.CaptureAsync("ffmpeg", "-v", "error", "-i", path, "-vn", "-f", "f32le", samples);
        byte[] bytes = await File.ReadAllBytesAsync(samples);
        File.Delete(samples);
        return Enumerable.Range(0, bytes.Length / 4).Max(i => Math.Abs(BitConverter.ToSingle(bytes, i * 4)));
    }

    private static double Psnr(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double squares = expected.Zip(actual, (a, b) => (double)(a - b) * (a - b)).Average();
        return 10 * Math.Log10(255.0 * 255.0 / Math.Max(squares, 1e-9));
    }
}
