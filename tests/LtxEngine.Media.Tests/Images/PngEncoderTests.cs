using System.Diagnostics;

namespace LtxEngine.Media.Tests.Images;

/// <summary>PNG files of frames, read back by ffmpeg.</summary>
public sealed class PngEncoderTests
{
    [Theory]
    [InlineData(1, 1, "noise")]
    [InlineData(3, 2, "noise")]
    [InlineData(64, 48, "noise")]
    [InlineData(320, 176, "gradient")]
    [InlineData(1, 300, "gradient")]
    public async Task A_frame_is_read_back_as_it_was(int width, int height, string content)
    {
        Random random = new(1);
        byte[] pixels = new byte[width * height * 3];
        random.NextBytes(pixels);
        if (content == "gradient")
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = (byte)((i / 3 % width) + (i % 3 * 20));
            }
        }

        using TemporaryFolder folder = new();
        string path = folder.File("frame.png");
        new VideoFrame(0, width, height, pixels, TimeSpan.Zero).SavePng(path);

        Assert.Equal(["frame.png"], folder.Names());
        Assert.Equal(pixels, await DecodeAsync(path));
        Assert.True(content == "noise" || new FileInfo(path).Length < pixels.Length / 3, $"{new FileInfo(path).Length} bytes");
    }

    [Fact]
    public void A_file_stays_unless_it_may_be_replaced()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("frame.png");
        File.WriteAllText(path, "mine");
        VideoFrame frame = new(0, 1, 1, new byte[3], TimeSpan.Zero);

        Assert.Equal(MediaErrorKind.OutputExists, Assert.Throws<MediaException>(() => frame.SavePng(path)).Kind);
        Assert.Equal("mine", File.ReadAllText(path));
        frame.SavePng(path, overwrite: true);
        Assert.Equal(frame.ToPng(), File.ReadAllBytes(path));
    }

    private static async Task<byte[]> DecodeAsync(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-xerror", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using MemoryStream output = new();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((0, string.Empty), (process.ExitCode, error));
        return output.ToArray();
    }
}
