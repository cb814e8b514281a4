using System.Diagnostics;
using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary><c>ltx generate --preview</c>, looked at while it runs and when it is done.</summary>
public sealed class PreviewTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Clip => _folder.File("clip.mp4");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_picture_is_replaced_step_by_step_is_never_half_written_and_ends_as_the_middle_of_the_clip()
    {
        string path = _folder.File("clip.preview.png");
        HashSet<string> seen = new(StringComparer.Ordinal);
        using Process process = LtxProcess.Start([.. Generate("boat"), "--image", Example("boat.png"), "--num-frames", "17", "--num-inference-steps", "20", "--preview"]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        while (!process.HasExited)
        {
            if (File.Exists(path))
            {
                byte[] content = await File.ReadAllBytesAsync(path);
                Assert.Equal("IEND"u8.ToArray(), content[^8..^4]);
                seen.Add(Convert.ToHexString(content));
            }

            await Task.Delay(5);
        }

        Assert.True(process.ExitCode == 0, await output + await error);
        Assert.True(seen.Count >= 3, $"{seen.Count} pictures were seen");
        Assert.Equal(["clip.mp4", "clip.mp4.json", "clip.preview.png"], _folder.Names);

        byte[] preview = await PixelsAsync(path, "null");
        byte[] middle = await PixelsAsync(Clip, "select=eq(n\\,8),scale=32:32:flags=area");
        byte[] otherScene = await PixelsAsync(Example("balloon.png"), "scale=32:32:flags=area");
        Assert.Equal(32 * 32 * 3, preview.Length);
        double correlation = Correlation(preview, middle);
        Assert.True(correlation >= 0.85 && correlation > Correlation(preview, otherScene) + 0.2, $"{correlation:0.000}, another scene {Correlation(preview, otherScene):0.000}");
    }

    [Fact]
    public async Task The_clip_is_the_same_with_a_preview_and_an_interrupted_run_leaves_the_last_picture()
    {
        string[] small = ["--width", "64", "--height", "64", "--num-frames", "9", "--num-inference-steps"];
        LtxProcess plain = await LtxProcess.RunAsync([.. Generate("a ball"), .. small, "3", "--quiet"]);
        byte[] expected = await File.ReadAllBytesAsync(Clip);
        LtxProcess shown = await LtxProcess.RunAsync([.. Generate("a ball"), .. small, "3", "--quiet", "--overwrite", "--preview", _folder.File("look.png")]);

        Assert.Equal((0, 0, string.Empty), (plain.ExitCode, shown.ExitCode, shown.Error));
        Assert.Equal(expected, await File.ReadAllBytesAsync(Clip));
        Assert.Equal(16 * 16 * 3, (await PixelsAsync(_folder.File("look.png"), "null")).Length);
        if (OperatingSystem.IsWindows())
        {
            // Windows has no interrupt signal that reaches one process only.
            return;
        }

        string path = _folder.File("long.preview.png");
        using Process process = LtxProcess.StartInterruptible([.. Generate("a ball", "long.mp4"), .. small, "10000", "--preview"]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        while (!File.Exists(path) && !process.HasExited)
        {
            await Task.Delay(20);
        }

        LtxProcess.Interrupt(process);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 130, await error);
        Assert.Equal(["clip.mp4", "clip.mp4.json", "long.preview.png", "look.png"], _folder.Names);
        Assert.Equal(16 * 16 * 3, (await PixelsAsync(path, "null")).Length);
    }

    private static string Example(string name) => Path.Combine(RepositoryPaths.DemoModel, "examples", name);

    private string[] Generate(string prompt, string file = "clip.mp4") =>
        ["generate", "--model", RepositoryPaths.DemoModel, "--prompt", prompt, "--seed", "3", "--generate-audio", "false", "--out", _folder.File(file)];

    private async Task<byte[]> PixelsAsync(string path, string filter)
    {
        string raw = _folder.File("pixels.rgb");
        await LtxProcess.CaptureAsync("ffmpeg", "-v", "error", "-i", path, "-vf", filter, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", raw);
        byte[] pixels = await File.ReadAllBytesAsync(raw);
        File.Delete(raw);
        return pixels;
    }

    private static double Correlation(byte[] a, byte[] b)
    {
        (double meanA, double meanB) = (a.Average(v => (double)v), b.Average(v => (double)v));
        double Product(byte[] x, double meanX, byte[] y, double meanY) => x.Zip(y, (p, q) => (p - meanX) * (q - meanY)).Sum();
        return Product(a, meanA, b, meanB) / Math.Sqrt(Product(a, meanA, a, meanA) * Product(b, meanB, b, meanB));
    }
}
