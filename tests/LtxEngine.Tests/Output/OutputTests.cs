using System.Globalization;
using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Output;

/// <summary>Clips as files of every kind, as streams and as bytes.</summary>
public sealed class OutputTests(DemoPipeline demo) : IClassFixture<DemoPipeline>, IDisposable
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { Width = 96, NumFrames = 12, Fps = 12, NumInferenceSteps = 1 };

    private readonly LtxPipeline _pipeline = demo.Pipeline;
    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-output-").FullName;

    public static TheoryData<VideoOutputType?, string, string, string, string, string?> Kinds() => new()
    {
        { null, "clip.mp4", "h264", "video/mp4", "yuv420p", "aac" },
        { null, "clip.WebM", "vp9", "video/webm", "yuv420p", "opus" },
        { null, "clip.mov", "prores", "video/quicktime", "yuv444p1", "pcm_s16le" },
        { null, "clip.gif", "gif", "image/gif", "bgra", null },
        { VideoOutputType.X264, "clip.MP4", "h264", "video/mp4", "yuv420p", "aac" },
        { VideoOutputType.Vp9, "clip.webm", "vp9", "video/webm", "yuv420p", "opus" },
        { VideoOutputType.ProRes4444, "clip.mov", "prores", "video/quicktime", "yuv444p1", "pcm_s16le" },
        { VideoOutputType.Gif, "clip.gif", "gif", "image/gif", "bgra", null },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Type_or_ending_decide_the_kind_of_file(VideoOutputType? type, string name, string codec, string contentType, string pixels, string? sound)
    {
        SavedVideo saved = await _pipeline.GenerateToFileAsync(Request with { VideoOutputType = type }, File(name));

        Assert.Equal((File(name), name, contentType), (saved.Path, saved.FileName, saved.ContentType));
        Assert.Equal((96, 64, 12, "12", 1.0), (saved.Width, saved.Height, saved.NumFrames, saved.FrameRate.ToString(), saved.Duration.TotalSeconds));
        Assert.Equal(new FileInfo(File(name)).Length, saved.FileSize);
        Assert.Equal(sound is not null, saved.HasAudio);
        Assert.Empty(saved.Warnings);
        await ProbeAsync(File(name), codec, pixels, sound);
        Assert.Equal([name], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Nothing_of_a_gifs_sound_is_computed()
    {
        foreach (VideoOutputType? type in new VideoOutputType?[] { null, VideoOutputType.Gif })
        {
            SavedVideo saved = await _pipeline.GenerateToFileAsync(
                Request with { VideoOutputType = type, GenerateAudio = true }, File("clip.gif"), new SaveOptions { Overwrite = true });
            Assert.Null(saved.Result.Audio);
            Assert.Null(saved.Result.Latents.Audio);
            Assert.DoesNotContain(saved.Timings, t => t.Stage == GenerationStage.AudioDecoding);
        }
    }

    [Fact]
    public async Task A_video_does_not_appear_without_the_settings_that_belong_beside_it()
    {
        GenerationResult result = await _pipeline.GenerateAsync(Request with { GenerateAudio = false });
        Directory.CreateDirectory(File("clip.mp4.json"));
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => result.SaveAsync(File("clip.mp4"), new SaveOptions { Overwrite = true, Sidecar = true }));
        Assert.Contains("clip.mp4.json", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["clip.mp4.json"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_process_that_ends_between_video_and_settings_leaves_the_finished_video_which_tells_how_it_was_made()
    {
        // What stops the second of the two renames as a kill would: a folder that takes the name of the settings while frames are written.
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => _pipeline.GenerateToFileAsync(
            Request, File("clip.mp4"), new SaveOptions { Sidecar = true }, new OnFrame(() => Directory.CreateDirectory(File("clip.mp4.json")))));

        Assert.StartsWith($"{File("clip.mp4")} is complete, but its settings are not beside it.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["clip.mp4", "clip.mp4.json"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        StoredClip stored = await StoredSettings.ReadAsync(File("clip.mp4"), new FfmpegOptions(), CancellationToken.None);
        Assert.Equal((Request.Prompt, Request.Seed), (stored.Request.Prompt, stored.Request.Seed));
        SavedVideo again = await _pipeline.GenerateToFileAsync(Request, File("again.mp4"));
        Assert.Equal(await System.IO.File.ReadAllBytesAsync(again.Path!), await System.IO.File.ReadAllBytesAsync(File("clip.mp4")));
    }

    [Fact]
    public async Task A_replaced_video_keeps_its_settings_until_the_new_one_is_complete_and_none_of_an_earlier_clip_stay()
    {
        SaveOptions options = new() { Overwrite = true, Sidecar = true };
        await _pipeline.GenerateToFileAsync(Request, File("clip.mp4"), options);
        byte[] first = await System.IO.File.ReadAllBytesAsync(File("clip.mp4"));
        string settings = await System.IO.File.ReadAllTextAsync(File("clip.mp4.json"));
        string? during = null;

        await _pipeline.GenerateToFileAsync(Request with { Seed = 8 }, File("clip.mp4"), options, new OnFrame(() => during ??= System.IO.File.ReadAllText(File("clip.mp4.json"))));

        Assert.Equal(settings, during);
        byte[] second = await System.IO.File.ReadAllBytesAsync(File("clip.mp4"));
        Assert.NotEqual(first, second);

        // The settings of the second clip cannot be removed: the clip that they belong to stays with them.
        await Assert.ThrowsAsync<MediaException>(() => _pipeline.GenerateToFileAsync(Request, File("clip.mp4"), options, new OnFrame(() =>
        {
            System.IO.File.Delete(File("clip.mp4.json"));
            Directory.CreateDirectory(File("clip.mp4.json"));
        })));
        Assert.Equal(second, await System.IO.File.ReadAllBytesAsync(File("clip.mp4")));
        Assert.Equal(2, Directory.EnumerateFileSystemEntries(_folder).Count());
    }

    [Fact]
    public async Task One_result_becomes_files_of_every_kind()
    {
        GenerationResult result = await _pipeline.GenerateAsync(Request);
        foreach ((string ending, bool hasAudio) in new[] { (".mp4", true), (".webm", true), (".mov", true), (".gif", false) })
        {
            Assert.Equal(hasAudio, (await result.SaveAsync(File("clip" + ending))).HasAudio);
        }

        Assert.Equal(4, Directory.EnumerateFileSystemEntries(_folder).Count());
    }

    [Fact]
    public async Task Quality_and_write_mode_reach_the_encoder()
    {
        GenerationResult high = await _pipeline.GenerateAsync(Request with { VideoQuality = VideoQuality.Maximum, VideoWriteMode = VideoWriteMode.Fast });
        GenerationResult low = await _pipeline.GenerateAsync(Request with { VideoQuality = VideoQuality.Low });
        GenerationResult standard = await _pipeline.GenerateAsync(Request);

        long highSize = (await high.SaveAsync(File("high.mp4"))).FileSize;
        long standardSize = (await standard.SaveAsync(File("standard.mp4"))).FileSize;
        long lowSize = (await low.SaveAsync(File("low.mp4"))).FileSize;
        Assert.True(highSize > standardSize && standardSize > lowSize, $"{highSize} > {standardSize} > {lowSize}");
        Assert.Contains("crf=13.0", await X264SettingsAsync("high.mp4"), StringComparison.Ordinal);
        Assert.Contains("crf=18.0", await X264SettingsAsync("standard.mp4"), StringComparison.Ordinal);
        Assert.Contains("crf=28.0", await X264SettingsAsync("low.mp4"), StringComparison.Ordinal);
        Assert.Contains("subme=1 ", await X264SettingsAsync("high.mp4"), StringComparison.Ordinal);
        Assert.Contains("subme=7 ", await X264SettingsAsync("standard.mp4"), StringComparison.Ordinal);

        // x264 leaves its settings as a text in the stream.
        async Task<string> X264SettingsAsync(string name) => System.Text.Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(File(name)));
    }

    [Theory]
    [InlineData(VideoOutputType.Vp9, "clip.mp4", "a file name that ends in .webm, as the type VP9 (.webm) has it")]
    [InlineData(VideoOutputType.X264, "clip", "a file name that ends in .mp4, as the type X264 (.mp4) has it")]
    [InlineData(null, "clip.avi", "a file name that ends in .mp4, .webm, .mov or .gif")]
    public async Task An_ending_that_does_not_fit_is_refused_before_anything_is_made(VideoOutputType? type, string name, string allowed)
    {
        GenerationRequest request = Request with { VideoOutputType = type };
        SaveOptions zero = new() { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["title"] = new string('x', 65536) } };
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateToFileAsync(request with { Width = 1 }, File(name), zero));
        Assert.Equal(["width", "metadata", "out"], error.Errors.Select(e => e.Field));
        Assert.Equal(allowed, error.Errors[^1].Allowed);

        GenerationResult result = await _pipeline.GenerateAsync(request);
        error = await Assert.ThrowsAsync<InvalidRequestException>(() => result.SaveAsync(File(name), zero));
        Assert.Equal(["metadata", "out"], error.Errors.Select(e => e.Field));
    }

    [Fact]
    public async Task Values_that_are_none_are_refused()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateToFileAsync(
            Request with { VideoOutputType = (VideoOutputType)9, VideoQuality = (VideoQuality)(-1), VideoWriteMode = (VideoWriteMode)3 }, File("clip.mp4")));
        Assert.Equal(["video_output_type", "video_quality", "video_write_mode"], error.Errors.Select(e => e.Field));
    }

    [Theory]
    [InlineData(null, ".mp4", "video/mp4", "h264", "yuv420p", "aac")]
    [InlineData(VideoOutputType.Vp9, ".webm", "video/webm", "vp9", "yuv420p", "opus")]
    [InlineData(VideoOutputType.ProRes4444, ".mov", "video/quicktime", "prores", "yuv444p1", "pcm_s16le")]
    [InlineData(VideoOutputType.Gif, ".gif", "image/gif", "gif", "bgra", null)]
    public async Task A_stream_that_cannot_seek_receives_a_whole_file(VideoOutputType? type, string ending, string contentType, string codec, string pixels, string? sound)
    {
        using ForwardOnlyStream stream = new();
        SavedVideo saved = await _pipeline.GenerateToStreamAsync(Request with { VideoOutputType = type }, stream);

        Assert.Equal((null, "ltx-1" + ending, contentType, (long)stream.Bytes.Length), (saved.Path, saved.FileName, saved.ContentType, saved.FileSize));
        await System.IO.File.WriteAllBytesAsync(File("received" + ending), stream.Bytes);
        await ProbeAsync(File("received" + ending), codec, pixels, sound);

        // The length stands in the container: the file was finished before it was sent.
        using ForwardOnlyStream again = new();
        Assert.Equal(contentType, (await saved.Result.WriteToAsync(again)).ContentType);
        await System.IO.File.WriteAllBytesAsync(File("again" + ending), await saved.Result.ToArrayAsync());
        await ProbeAsync(File("again" + ending), codec, pixels, sound);
        Assert.Equal(stream.Bytes.Length, again.Bytes.Length);
    }

    [Fact]
    public async Task A_stream_that_cannot_be_written_is_refused()
    {
        using MemoryStream closed = new([], writable: false);
        await Assert.ThrowsAsync<ArgumentException>(() => _pipeline.GenerateToStreamAsync(Request, closed));
    }

    [Fact]
    public async Task A_gif_above_fifty_frames_per_second_says_which_frames_it_leaves_out()
    {
        SavedVideo saved = await _pipeline.GenerateToFileAsync(Request with { Fps = 60 }, File("clip.gif"));

        Assert.Equal((10, "50", 12, 0.2), (saved.NumFrames, saved.FrameRate.ToString(), saved.Result.NumFrames, saved.Duration.TotalSeconds));
        Assert.Contains("the file shows 10 of the 12 frames", Assert.Single(saved.Warnings), StringComparison.Ordinal);
        Assert.Empty(saved.Result.Warnings);
        JsonElement video = (await MediaProbe.ReadAsync(File("clip.gif"), null, CancellationToken.None)).GetProperty("streams")[0];
        Assert.Equal("10", video.GetProperty("nb_read_frames").GetString());
    }

    [Fact]
    public async Task A_missing_encoder_is_reported_before_anything_is_made()
    {
        if (OperatingSystem.IsWindows())
        {
            // The program below is a script of the shell.
            return;
        }

        string program = File("ffmpeg-without-vp9");
        ShellScript.Write(program, $"case \"$*\" in *-encoders*) \"{_pipeline.Ffmpeg.ExecutablePath}\" \"$@\" | grep -v libvpx ;; *) exec \"{_pipeline.Ffmpeg.ExecutablePath}\" \"$@\" ;; esac");
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, Ffmpeg = new FfmpegOptions { FfmpegPath = program } });

        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(
            () => pipeline.GenerateToFileAsync(Request with { NumInferenceSteps = 10_000 }, File("clip.webm")));
        Assert.Equal("video_output_type", Assert.Single(error.Errors).Field);
        Assert.Contains("lacks libvpx-vp9", error.Message, StringComparison.Ordinal);
        Assert.NotNull((await pipeline.GenerateToFileAsync(Request, File("clip.mp4"))).Path);
    }

    [Theory]
    [InlineData(GenerationStage.AudioDecoding)]
    [InlineData(GenerationStage.VideoDecoding)]
    public async Task Cancelling_while_the_encoder_waits_for_frames_leaves_no_file(GenerationStage stage)
    {
        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _pipeline.GenerateToFileAsync(
            Request,
            File("clip.mp4"),
            progress: new ImmediateProgress(p =>
            {
                if (p.Stage == stage)
                {
                    cancel.Cancel();
                }
            }),
            cancellationToken: cancel.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        Assert.NotNull((await _pipeline.GenerateToFileAsync(Request, File("clip.mp4"))).Path);
    }

    [Fact]
    public async Task A_clip_that_is_written_to_no_file_needs_no_ffmpeg()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, Ffmpeg = new FfmpegOptions { FfmpegPath = File("no-such-ffmpeg") } });
        GenerationResult result = await pipeline.GenerateAsync(Request);

        Assert.NotNull(result.Audio);
        Assert.Equal(12, await result.GetFramesAsync().CountAsync());
        await Assert.ThrowsAsync<MediaException>(() => pipeline.GenerateToFileAsync(Request, File("clip.mp4")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task The_result_counts_forward_passes_and_price_units()
    {
        int blocks = 0;
        int blocksPerPass = 0;
        GenerationResult result = await _pipeline.GenerateAsync(
            Request with { NumInferenceSteps = 3 }, new ImmediateProgress(p => (blocks, blocksPerPass) = p.Block > 0 ? (blocks + 1, p.Blocks) : (blocks, blocksPerPass)));

        Assert.True(result.Work.ForwardPasses >= 6, $"{result.Work.ForwardPasses} passes for 3 steps with guidance");
        Assert.Equal(blocks, result.Work.ForwardPasses * blocksPerPass);
        Assert.Equal((0.073728, 1), (result.Megapixels, result.PriceUnits));
    }

    [Theory]
    [InlineData(1280, 720, 121, 111.5136, 112)]
    [InlineData(1248, 704, 257, 225.798144, 226)]
    [InlineData(1000, 1000, 1, 1, 1)]
    [InlineData(1002, 1000, 1, 1.002, 2)]
    [InlineData(16384, 16384, 100_000, 26843545.6, 26843546)]
    public void Price_units_are_whole_megapixels_rounded_up(int width, int height, int frames, double megapixels, long units) =>
        Assert.Equal((megapixels, units), (ClipPrice.Megapixels(width, height, frames), ClipPrice.Units(width, height, frames)));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task ProbeAsync(string path, string codec, string pixels, string? sound)
    {
        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None);
        JsonElement[] streams = [.. probe.GetProperty("streams").EnumerateArray()];
        JsonElement video = streams.Single(s => s.GetProperty("codec_type").GetString() == "video");
        Assert.Equal(
            (codec, 96, 64, "12"),
            (Text(video, "codec_name"), video.GetProperty("width").GetInt32(), video.GetProperty("height").GetInt32(), Text(video, "nb_read_frames")));
        int[] rate = [.. Text(video, "avg_frame_rate").Split('/').Select(int.Parse)];

        // ffprobe counts a GIF's hundredths of a second without the last frame.
        Assert.Equal(12, (double)rate[0] / rate[1], codec == "gif" ? 0.1 : 0);
        Assert.StartsWith(pixels, Text(video, "pix_fmt"), StringComparison.Ordinal);
        Assert.Equal(sound is null ? [] : [sound], streams.Where(s => s.GetProperty("codec_type").GetString() == "audio").Select(s => Text(s, "codec_name")));

        // The last packet of Opus sound lasts 20 ms.
        Assert.InRange(double.Parse(Text(probe.GetProperty("format"), "duration"), CultureInfo.InvariantCulture), 0.99, 1.03);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private string File(string name) => Path.Combine(_folder, name);

    private sealed class ImmediateProgress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }

    /// <summary>What a network connection can do: take bytes.</summary>
    private sealed class ForwardOnlyStream : Stream
    {
        private readonly MemoryStream _bytes = new();

        public byte[] Bytes => _bytes.ToArray();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _bytes.Write(buffer, offset, count);
    }

    /// <summary>Acts once, when a frame of the clip was written.</summary>
    private sealed class OnFrame(Action action) : IProgress<GenerationProgress>
    {
        private bool _acted;

        public void Report(GenerationProgress value)
        {
            if (!_acted && value is { Stage: GenerationStage.Encoding, Step: > 0 })
            {
                _acted = true;
                action();
            }
        }
    }
}
