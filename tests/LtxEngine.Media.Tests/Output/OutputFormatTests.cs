using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class OutputFormatTests
{
    private const int Width = 64;
    private const int Height = 48;
    private const int Frames = 10;

    public static TheoryData<VideoOutputType, VideoQuality, VideoWriteMode> Combinations()
    {
        TheoryData<VideoOutputType, VideoQuality, VideoWriteMode> data = [];
        foreach (VideoOutputType type in Enum.GetValues<VideoOutputType>())
        {
            foreach (VideoQuality quality in Enum.GetValues<VideoQuality>())
            {
                foreach (VideoWriteMode mode in Enum.GetValues<VideoWriteMode>())
                {
                    data.Add(type, quality, mode);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Every_format_quality_and_write_mode_gives_the_stated_file(VideoOutputType type, VideoQuality quality, VideoWriteMode mode)
    {
        using TemporaryFolder folder = new();
        FrameRate rate = new(24);
        VideoEncoding encoding = VideoEncodings.Get(type, quality, mode);
        string path = await MovingClip.WriteAsync(folder.File("clip: %d" + encoding.Extension), Width, Height, Frames, rate, encoding, withSound: true);
        Assert.Equal(["clip: %d" + encoding.Extension], folder.Names());

        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None);
        JsonElement video = Stream(probe, "video").Single();
        (string codec, string pixels) = type switch
        {
            VideoOutputType.X264 => ("h264", "yuv420p"),
            VideoOutputType.Vp9 => ("vp9", "yuv420p"),
            VideoOutputType.ProRes4444 => ("prores", "yuv444p1"),
            _ => ("gif", "bgra"),
        };
        Assert.Equal(codec, video.GetProperty("codec_name").GetString());
        Assert.StartsWith(pixels, video.GetProperty("pix_fmt").GetString(), StringComparison.Ordinal);
        Assert.Equal((Width, Height), (video.GetProperty("width").GetInt32(), video.GetProperty("height").GetInt32()));
        Assert.Equal(Frames.ToString(CultureInfo.InvariantCulture), video.GetProperty("nb_read_frames").GetString());
        double duration = Number(probe.GetProperty("format"), "duration");

        // A GIF counts in hundredths of a second and WebM in thousandths; its sound ends with a whole Opus packet of 20 ms.
        double expected = rate.DurationOf(Frames).TotalSeconds;
        Assert.InRange(duration, expected - 0.01, expected + (type == VideoOutputType.Vp9 ? 0.03 : 0.01));
        if (type != VideoOutputType.Gif)
        {
            Assert.Equal("24/1", video.GetProperty("avg_frame_rate").GetString());
            Assert.Equal("bt709", video.GetProperty("color_space").GetString());
        }

        if (type == VideoOutputType.ProRes4444)
        {
            Assert.Equal("ap4h", video.GetProperty("codec_tag_string").GetString());
        }

        string? sound = Stream(probe, "audio").SingleOrDefault() is { ValueKind: JsonValueKind.Object } audio ? audio.GetProperty("codec_name").GetString() : null;
        Assert.Equal(type switch { VideoOutputType.X264 => "aac", VideoOutputType.Vp9 => "opus", VideoOutputType.ProRes4444 => "pcm_s16le", _ => null }, sound);
    }

    [Theory]
    [InlineData(VideoOutputType.X264)]
    [InlineData(VideoOutputType.Vp9)]
    [InlineData(VideoOutputType.ProRes4444)]
    [InlineData(VideoOutputType.Gif)]
    public async Task Higher_qualities_are_closer_and_silent_clips_have_no_sound(VideoOutputType type)
    {
        using TemporaryFolder folder = new();
        double previous = 0;
        foreach (VideoQuality quality in Enum.GetValues<VideoQuality>())
        {
            VideoEncoding encoding = VideoEncodings.Get(type, quality, VideoWriteMode.Balanced);
            string path = await MovingClip.WriteAsync(folder.File(quality + encoding.Extension), Width, Height, Frames, new FrameRate(25), encoding, withSound: false);
            Assert.Equal(1, (await MediaProbe.ReadAsync(path, null, CancellationToken.None)).GetProperty("streams").GetArrayLength());
            double psnr = await MovingClip.PsnrAsync(path, Width, Height, Frames);
            Assert.True(psnr > previous, $"{type} {quality}: {psnr:F2} dB, before {previous:F2} dB.");
            previous = psnr;
        }

        Assert.InRange(previous, type switch { VideoOutputType.ProRes4444 => 45, VideoOutputType.Gif => 28, _ => 29 }, 99);
    }

    [Theory]
    [InlineData(VideoOutputType.X264)]
    [InlineData(VideoOutputType.Vp9)]
    [InlineData(VideoOutputType.ProRes4444)]
    [InlineData(VideoOutputType.Gif)]
    public async Task Texts_come_back_from_every_container(VideoOutputType type)
    {
        using TemporaryFolder folder = new();
        VideoEncoding encoding = VideoEncodings.Get(type, VideoQuality.Low, VideoWriteMode.Fast);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["comment"] = "{\"prompt\":\"a = b; #c \\\\ [d] \\\"e\\\"\\nзвук 音\",\"seed\":9007199254740993,\"long\":\"" + new string('x', 700) + "\"}",
            ["title"] = "A ball = round\nand red",
            ["ltx_seed"] = "42",
        };
        string path = await MovingClip.WriteAsync(folder.File("clip" + encoding.Extension), Width, Height, 2, new FrameRate(24), encoding, withSound: false, metadata);
        IReadOnlyDictionary<string, string> stored = await StoredMetadata.ReadAsync(TestPictures.Ffmpeg, path, CancellationToken.None);
        foreach ((string key, string value) in metadata)
        {
            Assert.Equal(value, stored[key]);
        }

        Assert.Equal(2, await MovingClip.CountFramesAsync(path, Width, Height));
    }

    [Theory]
    [InlineData(VideoOutputType.X264)]
    [InlineData(VideoOutputType.Vp9)]
    [InlineData(VideoOutputType.ProRes4444)]
    [InlineData(VideoOutputType.Gif)]
    public async Task The_longest_text_comes_back_and_a_longer_one_is_refused(VideoOutputType type)
    {
        using TemporaryFolder folder = new();
        VideoEncoding encoding = VideoEncodings.Get(type, VideoQuality.Low, VideoWriteMode.Fast);
        string longest = string.Concat(Enumerable.Repeat("音=\r\n;", (MetadataLimits.MaxBytes / 7) - 1));
        longest += new string('x', MetadataLimits.MaxBytes - Encoding.UTF8.GetByteCount(longest));
        string path = await WriteAsync(longest);
        Assert.Equal(longest, (await StoredMetadata.ReadAsync(TestPictures.Ffmpeg, path, CancellationToken.None))["comment"]);
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(longest + "y"));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync("zero\0"));

        Task<string> WriteAsync(string comment) => MovingClip.WriteAsync(
            folder.File("clip" + encoding.Extension), Width, Height, 1, new FrameRate(24), encoding, withSound: false, new(StringComparer.Ordinal) { ["comment"] = comment });
    }

    [Fact]
    public async Task A_gif_comment_that_looks_like_a_key_keeps_its_text()
    {
        using TemporaryFolder folder = new();
        VideoEncoding encoding = VideoEncodings.Get(VideoOutputType.Gif, VideoQuality.Low, VideoWriteMode.Fast);
        foreach (string comment in new[] { "a=b", "comment=c", "=", string.Empty })
        {
            Dictionary<string, string> metadata = new(StringComparer.Ordinal) { ["comment"] = comment };
            string path = await MovingClip.WriteAsync(folder.File(Guid.NewGuid() + ".gif"), Width, Height, 1, new FrameRate(24), encoding, withSound: false, metadata);
            Assert.Equal(comment, (await StoredMetadata.ReadAsync(TestPictures.Ffmpeg, path, CancellationToken.None))["comment"]);
        }
    }

    [Theory]
    [InlineData(24000, 1001)]
    [InlineData(30, 1)]
    [InlineData(25, 2)]
    public async Task Sound_and_frames_end_together(int numerator, int denominator)
    {
        using TemporaryFolder folder = new();
        FrameRate rate = new(numerator, denominator);
        foreach (VideoOutputType type in new[] { VideoOutputType.X264, VideoOutputType.Vp9, VideoOutputType.ProRes4444 })
        {
            VideoEncoding encoding = VideoEncodings.Get(type, VideoQuality.Low, VideoWriteMode.Fast);
            string path = await MovingClip.WriteAsync(folder.File("clip" + encoding.Extension), Width, Height, 25, rate, encoding, withSound: true);
            ReadOnlyMemory<byte> sound = await TestPictures.Ffmpeg.RunAsync(
                ["-i", "file:" + path, "-map", "0:a:0", "-ar", "24000", "-f", "s16le", "pipe:1"],
                ReadOnlyMemory<byte>.Empty, 1 << 24, "decoding", MediaErrorKind.ToolFailed, CancellationToken.None);
            long samples = sound.Length / 4;

            // One AAC frame has 1024 samples; players cut what the edit list cuts, decoders may give the whole last frame.
            Assert.InRange(samples, rate.SamplesIn(25, 24000) - 240, rate.SamplesIn(25, 24000) + 1024);
        }
    }

    [Theory]
    [InlineData(VideoQuality.Low)]
    [InlineData(VideoQuality.Medium)]
    [InlineData(VideoQuality.High)]
    [InlineData(VideoQuality.Maximum)]
    public async Task The_sound_of_an_mp4_stays_42_decibels_above_its_error(VideoQuality quality)
    {
        const int rate = 24000;
        const int length = 2 * rate;
        float[] samples = new float[2 * length];
        for (int i = 0; i < length; i++)
        {
            double time = (double)i / rate;
            samples[i] = (float)((0.3 * Math.Sin(440 * Math.Tau * time)) + (0.2 * Math.Sin((700 + (300 * time)) * Math.Tau * time)));
            samples[length + i] = (float)((0.3 * Math.Sin(660 * Math.Tau * time)) + (0.1 * Math.Sin(2200 * Math.Tau * time)));
        }

        using TemporaryFolder folder = new();
        VideoWriterOptions options = new()
        {
            Width = Width,
            Height = Height,
            FrameRate = new FrameRate(1),
            FrameCount = 2,
            Encoding = VideoEncodings.Get(VideoOutputType.X264, quality, VideoWriteMode.Fast),
            Audio = new AudioBuffer(samples, 2, rate),
        };
        await using VideoWriter writer = await VideoWriter.CreateAsync(TestPictures.Ffmpeg, folder.File("clip.mp4"), options, CancellationToken.None);
        await writer.WriteFrameAsync(new byte[Width * Height * 3], CancellationToken.None);
        await writer.WriteFrameAsync(new byte[Width * Height * 3], CancellationToken.None);
        string path = await writer.CompleteAsync(CancellationToken.None);
        ReadOnlyMemory<byte> decoded = await TestPictures.Ffmpeg.RunAsync(
            ["-i", "file:" + path, "-map", "0:a:0", "-f", "f32le", "pipe:1"],
            ReadOnlyMemory<byte>.Empty, 1 << 24, "decoding", MediaErrorKind.ToolFailed, CancellationToken.None);
        ReadOnlySpan<float> sound = MemoryMarshal.Cast<byte, float>(decoded.Span);
        double power = 0;
        double error = 0;
        for (int i = 0; i < samples.Length; i++)
        {
            // ffmpeg's samples alternate between the channels.
            float difference = sound[(2 * (i % length)) + (i / length)] - samples[i];
            power += samples[i] * samples[i];
            error += difference * difference;
        }

        Assert.InRange(10 * Math.Log10(power / error), 42, 99);
    }

    public static TheoryData<int, int, int> FastGifs() => new() { { 60, 1, 60 }, { 60000, 1001, 61 }, { 120, 1, 7 }, { 1000, 1, 1 }, { 51, 1, 33 }, { 1000, 1, 505 } };

    [Theory]
    [MemberData(nameof(FastGifs))]
    public async Task A_gif_above_fifty_frames_per_second_leaves_frames_out_and_keeps_its_duration(int numerator, int denominator, int frames)
    {
        using TemporaryFolder folder = new();
        FrameRate rate = new(numerator, denominator);
        VideoEncoding encoding = VideoEncodings.Get(VideoOutputType.Gif, VideoQuality.Low, VideoWriteMode.Fast);
        string path = await MovingClip.WriteAsync(folder.File("clip.gif"), Width, Height, frames, rate, encoding, withSound: false);
        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None);

        // Two hundredths of a second are the shortest delay.
        long expected = Math.Max(1, rate.SamplesIn(frames, 50));
        Assert.Equal(expected.ToString(CultureInfo.InvariantCulture), Stream(probe, "video").Single().GetProperty("nb_read_frames").GetString());
        Assert.Equal(Math.Max(0.02, rate.DurationOf(frames).TotalSeconds), Number(probe.GetProperty("format"), "duration"), 0.0101);
        FileTiming timing = FileTiming.For(encoding, rate, frames);
        Assert.Equal((expected, 50.0), (timing.FrameCount, timing.Rate.FramesPerSecond));
        Assert.InRange(timing.ClipFrame(timing.FrameCount - 1), 0, frames - 1);
    }

    [Theory]
    [InlineData(VideoOutputType.Gif)]
    [InlineData(VideoOutputType.ProRes4444)]
    public async Task Odd_sizes_are_kept_where_the_format_has_them(VideoOutputType type)
    {
        using TemporaryFolder folder = new();
        VideoEncoding encoding = VideoEncodings.Get(type, VideoQuality.High, VideoWriteMode.Balanced);
        string path = await MovingClip.WriteAsync(folder.File("clip" + encoding.Extension), 33, 17, 2, new FrameRate(24), encoding, withSound: false);
        Assert.Equal(2, await MovingClip.CountFramesAsync(path, 33, 17));
    }

    [Fact]
    public async Task An_unfinished_or_cancelled_gif_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        VideoEncoding encoding = VideoEncodings.Get(VideoOutputType.Gif, VideoQuality.High, VideoWriteMode.Balanced);
        await using (VideoWriter writer = await VideoWriter.CreateAsync(
            TestPictures.Ffmpeg, folder.File("clip.gif"), MovingClip.Options(Width, Height, 1, new FrameRate(24), encoding, null), CancellationToken.None))
        {
            await writer.WriteFrameAsync(MovingClip.Frame(Width, Height, 0), CancellationToken.None);
            using CancellationTokenSource cancelled = new();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CompleteAsync(cancelled.Token));
        }

        Assert.Empty(folder.Names());
    }

    [Fact]
    public async Task Old_ffmpeg_without_the_movie_time_scale_is_served()
    {
        using TemporaryFolder folder = new();
        FfmpegTool old = new(new FfmpegOptions { FfmpegPath = FakeProgram.WithoutMovieTimescale(folder, TestPictures.Ffmpeg.ExecutablePath) });
        Assert.False(await old.HasMuxerOptionAsync("mp4", "movie_timescale", CancellationToken.None));
        Assert.True(await old.HasMuxerOptionAsync("mp4", "movflags", CancellationToken.None));
        string path = await MovingClip.WriteAsync(folder.File("clip.mp4"), Width, Height, 3, new FrameRate(24), VideoEncodings.Mp4, withSound: true, ffmpeg: old);
        Assert.Equal(3, await MovingClip.CountFramesAsync(path, Width, Height));
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => old.RunAsync(
            ["-movie_timescale", "48000"], ReadOnlyMemory<byte>.Empty, 1, "nothing", MediaErrorKind.ToolFailed, CancellationToken.None));
        Assert.Contains("Unrecognized option", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(";FFMETADATA1\ntitle=a\\=b\\\nc\n;x=y\nKEY\\=2=\\\\\\;\n#z=1\n[STREAM]\ntitle=no\n", "title:a=b\nc|KEY=2:\\;")]
    [InlineData("a=1\nbroken\nb=", "a:1")]
    public void The_metadata_text_is_read(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', StoredMetadata.Parse(text).Select(pair => $"{pair.Key}:{pair.Value}")));

    [Fact]
    public async Task Files_without_readable_texts_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(MediaErrorKind.Unreadable, await KindAsync(folder.File("missing.mp4")));
        await File.WriteAllTextAsync(folder.File("text.mp4"), "no video");
        Assert.Equal(MediaErrorKind.Corrupt, await KindAsync(folder.File("text.mp4")));
        await File.WriteAllBytesAsync(folder.File("short.gif"), Encoding.ASCII.GetBytes("GIF89a\u0001\u0001"));
        Assert.Equal(MediaErrorKind.Corrupt, await KindAsync(folder.File("short.gif")));

        static async Task<MediaErrorKind> KindAsync(string path) => (await Assert.ThrowsAsync<MediaException>(
            () => StoredMetadata.ReadAsync(TestPictures.Ffmpeg, path, CancellationToken.None))).Kind;
    }

    private static IEnumerable<JsonElement> Stream(JsonElement probe, string kind) =>
        probe.GetProperty("streams").EnumerateArray().Where(s => s.GetProperty("codec_type").GetString() == kind);

    private static double Number(JsonElement element, string name) => double.Parse(element.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
