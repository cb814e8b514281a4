using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class VideoEncodingsTests
{
    [Theory]
    [InlineData(VideoOutputType.X264, "X264 (.mp4)", ".mp4", "video/mp4", true)]
    [InlineData(VideoOutputType.Vp9, "VP9 (.webm)", ".webm", "video/webm", true)]
    [InlineData(VideoOutputType.ProRes4444, "PRORES4444 (.mov)", ".mov", "video/quicktime", true)]
    [InlineData(VideoOutputType.Gif, "GIF (.gif)", ".gif", "image/gif", false)]
    public void Formats_have_the_endpoints_names(VideoOutputType type, string name, string extension, string contentType, bool hasAudio)
    {
        foreach (VideoQuality quality in Enum.GetValues<VideoQuality>())
        {
            foreach (VideoWriteMode mode in Enum.GetValues<VideoWriteMode>())
            {
                VideoEncoding encoding = VideoEncodings.Get(type, quality, mode);
                Assert.Equal((name, extension, contentType, hasAudio), (encoding.Name, encoding.Extension, encoding.ContentType, encoding.HasAudio));
                Assert.Equal(type == VideoOutputType.Gif, encoding.Palette is not null);
            }
        }

        Assert.Equal(type, VideoEncodings.TypeOf("folder.name/Clip" + extension.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("clip.mp4.json")]
    [InlineData("mp4")]
    [InlineData("")]
    public void Other_endings_name_no_format(string path) => Assert.Null(VideoEncodings.TypeOf(path));

    [Theory]
    [InlineData(VideoOutputType.X264)]
    [InlineData(VideoOutputType.Vp9)]
    [InlineData(VideoOutputType.ProRes4444)]
    [InlineData(VideoOutputType.Gif)]
    public void Every_quality_has_its_own_settings(VideoOutputType type) =>
        Assert.Equal(4, Enum.GetValues<VideoQuality>().Select(quality => Text(VideoEncodings.Get(type, quality, VideoWriteMode.Balanced))).Distinct().Count());

    [Theory]
    [InlineData(VideoOutputType.X264, 3)]
    [InlineData(VideoOutputType.Vp9, 3)]
    [InlineData(VideoOutputType.ProRes4444, 1)]
    [InlineData(VideoOutputType.Gif, 3)]
    public void Write_modes_differ_as_documented(VideoOutputType type, int expected) =>
        Assert.Equal(expected, Enum.GetValues<VideoWriteMode>().Select(mode => Text(VideoEncodings.Get(type, VideoQuality.High, mode))).Distinct().Count());

    [Fact]
    public void Medium_and_balanced_is_the_original()
    {
        string arguments = Text(VideoEncodings.Mp4);
        Assert.Contains("-crf 23", arguments, StringComparison.Ordinal);
        Assert.Contains("-preset medium", arguments, StringComparison.Ordinal);
        Assert.Contains("-b:a 128k", arguments, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_outside_the_enumerations_are_refused_by_name()
    {
        Assert.Equal("type", Refusal((VideoOutputType)4, VideoQuality.Low, VideoWriteMode.Fast));
        Assert.Equal("quality", Refusal(VideoOutputType.Gif, (VideoQuality)(-1), VideoWriteMode.Fast));
        Assert.Equal("writeMode", Refusal(VideoOutputType.Gif, VideoQuality.Low, (VideoWriteMode)3));

        static string? Refusal(VideoOutputType type, VideoQuality quality, VideoWriteMode mode) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => VideoEncodings.Get(type, quality, mode)).ParamName;
    }

    [Fact]
    public async Task The_documentation_names_every_setting_that_varies()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(LtxEngine.Testing.RepositoryPaths.Root, "docs", "output-formats.md"));
        foreach (VideoOutputType type in Enum.GetValues<VideoOutputType>())
        {
            foreach (VideoQuality quality in Enum.GetValues<VideoQuality>())
            {
                foreach (VideoWriteMode mode in Enum.GetValues<VideoWriteMode>())
                {
                    foreach (string setting in VaryingSettings(VideoEncodings.Get(type, quality, mode)))
                    {
                        Assert.Contains($"`{setting}`", page, StringComparison.Ordinal);
                    }
                }
            }
        }
    }

    private static IEnumerable<string> VaryingSettings(VideoEncoding encoding)
    {
        string[] varying = ["-crf", "-preset", "-cpu-used", "-q:v", "-b:a", "-gifflags"];
        List<string> arguments = [.. encoding.VideoArguments, .. encoding.AudioArguments];
        IEnumerable<string> settings = varying.Where(arguments.Contains).Select(name => $"{name} {arguments[arguments.IndexOf(name) + 1]}");
        return encoding.Palette is { } palette ? settings.Concat([palette.Generation.Split('=', 2)[1], palette.Use.Split('=', 2)[1].Split(":diff")[0]]) : settings;
    }

    private static string Text(VideoEncoding encoding) =>
        string.Join(' ', [.. encoding.VideoArguments, .. encoding.AudioArguments, encoding.Palette?.Generation, encoding.Palette?.Use]);
}
