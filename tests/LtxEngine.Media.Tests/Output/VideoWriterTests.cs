using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class VideoWriterTests
{
    private const int Width = 64;
    private const int Height = 48;

    [Theory]
    [InlineData(24, 1, 10, 100)]
    [InlineData(24000, 1001, 25, 30_000)]
    [InlineData(25, 2, 7, 24_000)]
    public async Task The_file_is_what_players_expect(int numerator, int denominator, int frames, int soundSamples)
    {
        using TemporaryFolder folder = new();
        FrameRate rate = new(numerator, denominator);
        AudioBuffer audio = Tone(soundSamples);
        string path = await WriteAsync(folder.File("clip with: %d.mp4"), Options(frames, rate, audio));
        Assert.Equal(["clip with: %d.mp4"], folder.Names());

        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None);
        JsonElement video = Stream(probe, "video");
        Assert.Equal("h264", video.GetProperty("codec_name").GetString());
        Assert.Equal("High", video.GetProperty("profile").GetString());
        Assert.Equal("yuv420p", video.GetProperty("pix_fmt").GetString());
        Assert.Equal("bt709", video.GetProperty("color_space").GetString());
        Assert.Equal((Width, Height), (video.GetProperty("width").GetInt32(), video.GetProperty("height").GetInt32()));
        Assert.Equal(frames.ToString(CultureInfo.InvariantCulture), video.GetProperty("nb_read_frames").GetString());
        Assert.Equal($"{rate.Numerator}/{rate.Denominator}", video.GetProperty("avg_frame_rate").GetString());
        Assert.Equal($"{rate.Numerator}/{rate.Denominator}", video.GetProperty("r_frame_rate").GetString());
        Assert.Equal(rate.DurationOf(frames).TotalSeconds, Number(video, "duration"), 1e-5);

        JsonElement sound = Stream(probe, "audio");
        Assert.Equal("aac", sound.GetProperty("codec_name").GetString());
        Assert.Equal("24000", sound.GetProperty("sample_rate").GetString());
        Assert.Equal(2, sound.GetProperty("channels").GetInt32());
        Assert.Equal(rate.SamplesIn(frames, 24000), sound.GetProperty("duration_ts").GetInt64());

        List<string> boxes = TopLevelBoxes(await File.ReadAllBytesAsync(path));
        Assert.True(boxes.IndexOf("moov") >= 0 && boxes.IndexOf("moov") < boxes.IndexOf("mdat"), string.Join(' ', boxes));
    }

    [Fact]
    public async Task A_silent_video_has_no_sound_stream_and_keeps_the_colours()
    {
        using TemporaryFolder folder = new();
        string path = await WriteAsync(folder.File("silent.mp4"), Options(3, new FrameRate(24), null));
        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None);
        Assert.Equal(1, probe.GetProperty("streams").GetArrayLength());
        ReadOnlyMemory<byte> decoded = await TestPictures.Ffmpeg.RunAsync(
            ["-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"], ReadOnlyMemory<byte>.Empty, 1 << 24, "decoding", MediaErrorKind.ToolFailed, CancellationToken.None);
        byte[] frame = TestPictures.Smooth(Width, Height).Pixels.ToArray();
        Assert.Equal(3 * frame.Length, decoded.Length);
        double difference = frame.Select((value, i) => Math.Abs(value - decoded.Span[i])).Average();
        Assert.InRange(difference, 0, 8);
    }

    [Fact]
    public async Task Metadata_is_stored_by_key()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> metadata = new(StringComparer.Ordinal) { ["title"] = "A ball = round\nand \"red\"", ["ltx_seed"] = "42" };
        string path = await WriteAsync(folder.File("meta.mp4"), Options(2, new FrameRate(24), null, metadata));
        JsonElement tags = (await MediaProbe.ReadAsync(path, null, CancellationToken.None)).GetProperty("format").GetProperty("tags");
        Assert.Equal(metadata["title"], tags.GetProperty("title").GetString());
        Assert.Equal("42", tags.GetProperty("ltx_seed").GetString());
    }

    [Fact]
    public async Task Nothing_is_overwritten_unless_asked()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("clip.mp4");
        await File.WriteAllTextAsync(path, "precious");
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => WriteAsync(path, Options(2, new FrameRate(24), null)));
        Assert.Equal(MediaErrorKind.OutputExists, exception.Kind);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
        await WriteAsync(path, Options(2, new FrameRate(24), null, overwrite: true));
        Assert.True(new FileInfo(path).Length > 500);
        Assert.Equal(["clip.mp4"], folder.Names());
    }

    [Fact]
    public async Task A_file_that_appears_meanwhile_stays()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("clip.mp4");
        await using VideoWriter writer = await VideoWriter.CreateAsync(TestPictures.Ffmpeg, path, Options(1, new FrameRate(24), null), CancellationToken.None);
        await writer.WriteFrameAsync(TestPictures.Smooth(Width, Height).Pixels, CancellationToken.None);
        await File.WriteAllTextAsync(path, "precious");
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => writer.CompleteAsync(CancellationToken.None));
        Assert.Equal(MediaErrorKind.OutputExists, exception.Kind);
        Assert.Equal("precious", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task An_unfinished_video_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        VideoWriter writer = await VideoWriter.CreateAsync(
            TestPictures.Ffmpeg, folder.File("clip.mp4"), Options(5, new FrameRate(24), Tone(1000)), CancellationToken.None);
        await using (writer)
        {
            await writer.WriteFrameAsync(TestPictures.Smooth(Width, Height).Pixels, CancellationToken.None);
            MediaException exception = await Assert.ThrowsAsync<MediaException>(() => writer.CompleteAsync(CancellationToken.None));
            Assert.Contains("1 of 5", exception.Message, StringComparison.Ordinal);
        }

        Assert.Empty(folder.Names());
    }

    [Fact]
    public async Task Wrong_frames_are_refused()
    {
        using TemporaryFolder folder = new();
        await using VideoWriter writer = await VideoWriter.CreateAsync(
            TestPictures.Ffmpeg, folder.File("clip.mp4"), Options(1, new FrameRate(24), null), CancellationToken.None);
        await Assert.ThrowsAsync<ArgumentException>(() => writer.WriteFrameAsync(new byte[10], CancellationToken.None));
        await writer.WriteFrameAsync(new VideoFrame(0, Width, Height, new byte[Width * Height * 3], TimeSpan.Zero), CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteFrameAsync(new byte[Width * Height * 3], CancellationToken.None));
    }

    [Theory]
    [InlineData(63, 48)]
    [InlineData(64, 47)]
    [InlineData(0, 48)]
    [InlineData(64, 20_000)]
    public async Task Impossible_sizes_are_refused_by_name(int width, int height)
    {
        using TemporaryFolder folder = new();
        VideoWriterOptions options = new() { Width = width, Height = height, FrameRate = new FrameRate(24), FrameCount = 1 };
        ArgumentOutOfRangeException exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => VideoWriter.CreateAsync(TestPictures.Ffmpeg, folder.File("clip.mp4"), options, CancellationToken.None));
        Assert.Equal(width != Width ? "Width" : "Height", exception.ParamName);
    }

    [Fact]
    public async Task Missing_folders_and_folders_as_names_are_refused()
    {
        using TemporaryFolder folder = new();
        VideoWriterOptions options = Options(1, new FrameRate(24), null);
        foreach (string path in new[] { folder.Path, folder.File("missing/clip.mp4") })
        {
            MediaException exception = await Assert.ThrowsAsync<MediaException>(
                () => VideoWriter.CreateAsync(TestPictures.Ffmpeg, path, options, CancellationToken.None));
            Assert.Equal(MediaErrorKind.OutputFailed, exception.Kind);
        }
    }

    [Fact]
    public async Task The_sound_may_follow_while_ffmpeg_waits_for_the_first_frame()
    {
        using TemporaryFolder folder = new();
        FrameRate rate = new(24);
        AudioBuffer sound = Tone(3 * 1000);
        VideoWriterOptions options = new() { Width = Width, Height = Height, FrameRate = rate, FrameCount = 3, AudioFollows = true };
        ReadOnlyMemory<byte> frame = TestPictures.Smooth(Width, Height).Pixels;
        await using (VideoWriter writer = await VideoWriter.CreateAsync(TestPictures.Ffmpeg, folder.File("follows.mp4"), options, CancellationToken.None))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteFrameAsync(frame, CancellationToken.None));
            await writer.WriteSoundAsync(sound, CancellationToken.None);
            for (int i = 0; i < options.FrameCount; i++)
            {
                await writer.WriteFrameAsync(frame, CancellationToken.None);
            }

            await writer.CompleteAsync(CancellationToken.None);
        }

        await WriteAsync(folder.File("given.mp4"), Options(3, rate, sound));
        Assert.Equal(await File.ReadAllBytesAsync(folder.File("given.mp4")), await File.ReadAllBytesAsync(folder.File("follows.mp4")));
    }

    [Fact]
    public async Task A_video_that_never_gets_its_sound_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        VideoWriterOptions options = new() { Width = Width, Height = Height, FrameRate = new FrameRate(24), FrameCount = 3, AudioFollows = true };
        await using (await VideoWriter.CreateAsync(TestPictures.Ffmpeg, folder.File("clip.mp4"), options, CancellationToken.None))
        {
        }

        Assert.Empty(folder.Names());
    }

    [Fact]
    public async Task A_png_sequence_is_exact()
    {
        using TemporaryFolder folder = new();
        string target = folder.File("frames %d");
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(i => TestPictures.Smooth(Width - 1 - i + i, Height).Pixels.ToArray().Select(v => (byte)(v ^ i)).ToArray())];
        await using (PngSequenceWriter writer = PngSequenceWriter.Create(TestPictures.Ffmpeg, target, Width - 1, Height))
        {
            foreach (byte[] frame in frames)
            {
                await writer.WriteFrameAsync(frame, CancellationToken.None);
            }

            Assert.Equal(target, await writer.CompleteAsync(CancellationToken.None));
        }

        Assert.Equal(["frames %d"], folder.Names());
        string[] files = [.. Directory.GetFiles(target).Order(StringComparer.Ordinal)];
        Assert.Equal(["frame-000000.png", "frame-000001.png", "frame-000002.png"], files.Select(Path.GetFileName));
        for (int i = 0; i < files.Length; i++)
        {
            Assert.Equal(frames[i], TestPictures.Decode(await File.ReadAllBytesAsync(files[i])).Pixels.ToArray());
        }

        Assert.Equal(
            MediaErrorKind.OutputExists,
            Assert.Throws<MediaException>(() => PngSequenceWriter.Create(TestPictures.Ffmpeg, target, Width, Height)).Kind);
    }

    [Fact]
    public async Task An_unfinished_png_sequence_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        await using (PngSequenceWriter writer = PngSequenceWriter.Create(TestPictures.Ffmpeg, folder.File("frames"), Width, Height))
        {
            await writer.WriteFrameAsync(TestPictures.Smooth(Width, Height).Pixels, CancellationToken.None);
        }

        Assert.Empty(folder.Names());
    }

    internal static VideoWriterOptions Options(
        int frames, FrameRate rate, AudioBuffer? audio, Dictionary<string, string>? metadata = null, bool overwrite = false) => new()
        {
            Width = Width,
            Height = Height,
            FrameRate = rate,
            FrameCount = frames,
            Audio = audio,
            Metadata = metadata ?? [],
            Overwrite = overwrite,
        };

    private static AudioBuffer Tone(int samples)
    {
        float[] values = new float[2 * samples];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = 0.3f * MathF.Sin(i * 0.115f);
        }

        return new AudioBuffer(values, 2, 24000);
    }

    private static async Task<string> WriteAsync(string path, VideoWriterOptions options)
    {
        await using VideoWriter writer = await VideoWriter.CreateAsync(TestPictures.Ffmpeg, path, options, CancellationToken.None);
        ReadOnlyMemory<byte> frame = TestPictures.Smooth(options.Width, options.Height).Pixels;
        for (int i = 0; i < options.FrameCount; i++)
        {
            await writer.WriteFrameAsync(frame, CancellationToken.None);
        }

        return await writer.CompleteAsync(CancellationToken.None);
    }

    private static JsonElement Stream(JsonElement probe, string kind) =>
        probe.GetProperty("streams").EnumerateArray().Single(s => s.GetProperty("codec_type").GetString() == kind);

    private static double Number(JsonElement element, string name) => double.Parse(element.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static List<string> TopLevelBoxes(byte[] file)
    {
        List<string> boxes = [];
        for (int at = 0; at + 8 <= file.Length;)
        {
            boxes.Add(Encoding.ASCII.GetString(file, at + 4, 4));
            at += BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
        }

        return boxes;
    }
}
