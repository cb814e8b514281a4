using System.Diagnostics;
using System.Globalization;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;
using LtxEngine.Media.Output;
using LtxEngine.Media.Tests.Output;
using LtxEngine.Testing;

namespace LtxEngine.Media.Tests.Ffmpeg;

public sealed class FfmpegProcessTests
{
    private static readonly ReadOnlyMemory<byte> Frame = TestPictures.Smooth(64, 48).Pixels;

    [Fact]
    public async Task A_program_that_hangs_is_stopped_and_leaves_nothing_behind()
    {
        using TemporaryFolder scripts = new();
        using TemporaryFolder folder = new();
        FfmpegTool tool = new(new FfmpegOptions { FfmpegPath = FakeProgram.Hanging(scripts), InactivityTimeout = TimeSpan.FromSeconds(1) });

        // Of a WebM muxer nothing is asked before, so that only the writing meets the short limit.
        VideoWriterOptions options = new() { Width = 64, Height = 48, FrameRate = new FrameRate(24), FrameCount = 100, Encoding = VideoEncodings.Get(VideoOutputType.Vp9, VideoQuality.Medium, VideoWriteMode.Balanced) };
        VideoWriter writer = await VideoWriter.CreateAsync(tool, folder.File("clip.webm"), options, CancellationToken.None);
        await using (writer)
        {
            await HangLimit.UntilAsync(() => IsNoted(scripts));

            // The pipe's buffer takes a few frames; then the hanging program blocks the writer.
            MediaException exception = await Assert.ThrowsAsync<MediaException>(async () =>
            {
                for (int i = 0; i < 100; i++)
                {
                    await writer.WriteFrameAsync(Frame, CancellationToken.None);
                }
            });
            Assert.Equal(MediaErrorKind.ToolTimedOut, exception.Kind);
            Assert.Contains("InactivityTimeout", exception.Message, StringComparison.Ordinal);
        }

        AssertGone(scripts);
        Assert.Empty(folder.Names());
    }

    [Fact]
    public async Task A_program_that_hangs_at_the_end_is_stopped()
    {
        using TemporaryFolder scripts = new();
        FfmpegTool tool = new(new FfmpegOptions { FfmpegPath = FakeProgram.Hanging(scripts), InactivityTimeout = TimeSpan.FromSeconds(1) });
        ImageDecoder decoder = new(tool);
        ImageSource source = ImageSource.FromBytes(TestPictures.Png(TestPictures.Smooth(8, 8)));
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => decoder.DecodeAsync(source, CancellationToken.None));
        Assert.Equal(MediaErrorKind.ToolTimedOut, exception.Kind);

        // A slow machine may not even have come to noting it.
        if (IsNoted(scripts))
        {
            AssertGone(scripts);
        }
    }

    [Fact]
    public async Task Time_in_which_nobody_waits_does_not_count()
    {
        using TemporaryFolder folder = new();
        FfmpegTool tool = new(new FfmpegOptions { InactivityTimeout = TimeSpan.FromSeconds(15) });
        await using VideoWriter writer = await VideoWriter.CreateAsync(tool, folder.File("clip.mp4"), VideoWriterTests.Options(2, new FrameRate(24), null), CancellationToken.None);
        await writer.WriteFrameAsync(Frame, CancellationToken.None);

        // Longer than the program may stand still while it is waited for; that limit in turn is long enough for a slow machine to start it.
        await Task.Delay(TimeSpan.FromSeconds(16));
        await writer.WriteFrameAsync(Frame, CancellationToken.None);
        Assert.True(File.Exists(await writer.CompleteAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task Cancelling_stops_the_program()
    {
        using TemporaryFolder scripts = new();
        using TemporaryFolder folder = new();
        using CancellationTokenSource cancellation = new();
        FfmpegTool tool = new(new FfmpegOptions { FfmpegPath = FakeProgram.Hanging(scripts) });
        VideoWriter writer = await VideoWriter.CreateAsync(tool, folder.File("clip.mp4"), VideoWriterTests.Options(100, new FrameRate(24), null), cancellation.Token);
        await using (writer)
        {
            Task writing = WriteAsync();
            await HangLimit.UntilAsync(() => IsNoted(scripts) && writer.FramesWritten > 0);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        }

        AssertGone(scripts);
        Assert.Empty(folder.Names());

        async Task WriteAsync()
        {
            for (int i = 0; i < 100; i++)
            {
                await writer.WriteFrameAsync(Frame, cancellation.Token);
            }
        }
    }

    [Fact]
    public async Task What_the_program_prints_reaches_the_user()
    {
        using TemporaryFolder scripts = new();
        using TemporaryFolder folder = new();
        FfmpegTool tool = new(new FfmpegOptions { FfmpegPath = FakeProgram.Failing(scripts, "the encoder is on strike") });
        await using VideoWriter writer = await VideoWriter.CreateAsync(tool, folder.File("clip.mp4"), VideoWriterTests.Options(100, new FrameRate(24), null), CancellationToken.None);
        MediaException exception = await Assert.ThrowsAsync<MediaException>(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await writer.WriteFrameAsync(Frame, CancellationToken.None);
            }
        });
        Assert.Equal(MediaErrorKind.ToolFailed, exception.Kind);
        Assert.Contains("on strike", exception.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 3", exception.Message, StringComparison.Ordinal);
        Assert.Contains("on strike", exception.ToolOutput, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_program_is_named_with_the_places_searched()
    {
        MediaException byPath = Assert.Throws<MediaException>(() => new FfmpegTool(new FfmpegOptions { FfmpegPath = "/nowhere/ffmpeg" }).ExecutablePath);
        Assert.Equal(MediaErrorKind.ToolNotFound, byPath.Kind);
        Assert.Contains("nowhere", byPath.Message, StringComparison.Ordinal);
        MediaException byName = Assert.Throws<MediaException>(() => new FfmpegTool(new FfmpegOptions { FfmpegPath = "no-such-program" }).ExecutablePath);
        Assert.Contains("FfmpegOptions.FfmpegPath", byName.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_cannot_be_started_is_named()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("ffmpeg");
        await File.WriteAllTextAsync(path, "not a program");
        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => FfmpegInfo.DetectAsync(new FfmpegOptions { FfmpegPath = path }));
        Assert.Equal(MediaErrorKind.ToolNotFound, exception.Kind);
    }

    [Fact]
    public async Task The_installed_program_has_all_that_is_needed()
    {
        FfmpegInfo info = await FfmpegInfo.DetectAsync();
        Assert.True(Path.IsPathRooted(info.FfmpegPath));
        Assert.NotEqual("unknown", info.Version);
        Assert.Empty(info.MissingEncoders);
        Assert.NotNull(info.FfprobePath);
    }

    [Fact]
    public void Version_and_encoders_are_parsed()
    {
        Assert.Equal("5.1.9-0+deb12u1", FfmpegInfo.ParseVersion("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\nbuilt"));
        Assert.Equal("unknown", FfmpegInfo.ParseVersion(string.Empty));
        IReadOnlySet<string> encoders = FfmpegInfo.ParseEncoders("Encoders:\n V..... = Video\n ------\n V....D libx264              H.264\n A....D aac                  AAC\n");
        Assert.Equal(["aac", "libx264"], encoders.Order(StringComparer.Ordinal));
        Assert.Equal(["libvpx-vp9", "libopus", "prores_ks", "pcm_s16le", "gif", "ffv1", "png", "pam"], new FfmpegInfo("f", null, "1", encoders).MissingEncoders);
    }

    [Fact]
    public void Options_are_checked_where_they_are_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FfmpegOptions { InactivityTimeout = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodingOptions { MaxSide = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodingOptions { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDecodingOptions { MaxEncodedBytes = 0 });
    }

    private static bool IsNoted(TemporaryFolder scripts) => File.Exists(scripts.File("pid"));

    private static void AssertGone(TemporaryFolder scripts)
    {
        int id = int.Parse(File.ReadAllText(scripts.File("pid")), CultureInfo.InvariantCulture);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }
}
