namespace LtxEngine.Media.Output;

/// <summary>
/// The one table of encoder settings: per format what is always the same, what the quality decides (low, medium, high, maximum) and
/// what the write mode decides (fast, balanced, small). <c>docs/output-formats.md</c> shows it with measured sizes and times.
/// </summary>
internal static class VideoEncodings
{
    private const string Bt709 = "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp";

    // Players guess differently about untagged colours, so every file says what it holds.
    private static readonly string[] ColourTags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"];

    private static readonly Format X264 = new()
    {
        Name = "X264 (.mp4)",
        Extension = ".mp4",
        ContentType = "video/mp4",
        Container = "mp4",
        PixelFilter = Bt709 + ",format=yuv420p",
        Video = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-profile:v", "high", .. ColourTags],
        VideoByQuality = [["-crf", "28"], ["-crf", "23"], ["-crf", "18"], ["-crf", "13"]],
        VideoByWriteMode = [["-preset", "superfast"], ["-preset", "medium"], ["-preset", "slower"]],

        // The search of the default coder takes twice the time and ends farther from the sound at these rates.
        Audio = ["-c:a", "aac", "-profile:a", "aac_low", "-aac_coder", "fast"],
        AudioByQuality = [["-b:a", "96k"], ["-b:a", "128k"], ["-b:a", "192k"], ["-b:a", "256k"]],

        // The index goes in front, so that browsers play the file while it loads.
        ContainerArguments = ["-movflags", "+faststart"],
        SideMultiple = 2,
    };

    private static readonly Format Vp9 = new()
    {
        Name = "VP9 (.webm)",
        Extension = ".webm",
        ContentType = "video/webm",
        Container = "webm",
        PixelFilter = Bt709 + ",format=yuv420p",

        // A bit rate of 0 makes the quality constant; rows in parallel help also where the picture is too small for tiles.
        Video = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-b:v", "0", "-row-mt", "1", "-deadline", "good", .. ColourTags],
        VideoByQuality = [["-crf", "42"], ["-crf", "34"], ["-crf", "26"], ["-crf", "15"]],
        VideoByWriteMode = [["-cpu-used", "5"], ["-cpu-used", "3"], ["-cpu-used", "1"]],
        Audio = ["-c:a", "libopus"],
        AudioByQuality = [["-b:a", "64k"], ["-b:a", "96k"], ["-b:a", "128k"], ["-b:a", "192k"]],
        ContainerArguments = [],
        SideMultiple = 2,
    };

    private static readonly Format ProRes4444 = new()
    {
        Name = "PRORES4444 (.mov)",
        Extension = ".mov",
        ContentType = "video/quicktime",
        Container = "mov",

        // This encoder takes the tags from the frames.
        PixelFilter = Bt709 + "+full_chroma_int,format=yuv444p10le,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709",
        Video = ["-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuv444p10le", "-mbs_per_slice", "8", "-vendor", "apl0", .. ColourTags],
        VideoByQuality = [["-q:v", "16"], ["-q:v", "10"], ["-q:v", "6"], ["-q:v", "2"]],

        // Every frame stands alone and its quantiser is given: there is nothing to search for.
        VideoByWriteMode = [[], [], []],
        Audio = ["-c:a", "pcm_s16le"],
        AudioByQuality = [[], [], [], []],
        ContainerArguments = ["-movflags", "+faststart"],
        SideMultiple = 1,
    };

    private static readonly Format Gif = new()
    {
        Name = "GIF (.gif)",
        Extension = ".gif",
        ContentType = "image/gif",
        Container = "gif",
        PixelFilter = "null",
        Video = ["-c:v", "gif"],
        VideoByQuality = [[], [], [], []],

        // Fast leaves out the search for what changed between frames.
        VideoByWriteMode = [["-gifflags", "-offsetting-transdiff"], ["-gifflags", "+offsetting+transdiff"], ["-gifflags", "+offsetting+transdiff"]],
        Audio = [],
        AudioByQuality = [[], [], [], []],
        ContainerArguments = ["-loop", "0"],
        SideMultiple = 1,
        MaxFramesPerSecond = 50,
        PaletteByQuality =
        [
            new GifPalette("palettegen=max_colors=64", "paletteuse=dither=bayer:bayer_scale=4"),
            new GifPalette("palettegen=max_colors=128", "paletteuse=dither=bayer:bayer_scale=3"),
            new GifPalette("palettegen=max_colors=256", "paletteuse=dither=bayer:bayer_scale=2"),
            new GifPalette("palettegen=max_colors=256", "paletteuse=dither=floyd_steinberg"),
        ],

        // Dithering only inside the rectangle that changed leaves more of a frame equal to the one before.
        PaletteUseByWriteMode = [string.Empty, string.Empty, ":diff_mode=rectangle"],
    };

    /// <summary>
    /// H.264 and AAC in MP4 with the original's encoder settings (x264 preset medium, CRF 23, 4:2:0; AAC-LC at 128 kbit/s): quality
    /// medium, write mode balanced.
    /// </summary>
    public static VideoEncoding Mp4 { get; } = Get(VideoOutputType.X264, VideoQuality.Medium, VideoWriteMode.Balanced);

    /// <summary>The settings for a format, a quality and a write mode.</summary>
    /// <param name="type">The format.</param>
    /// <param name="quality">The quality.</param>
    /// <param name="writeMode">Time against size.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is none of its enumeration.</exception>
    public static VideoEncoding Get(VideoOutputType type, VideoQuality quality, VideoWriteMode writeMode)
    {
        if (!Enum.IsDefined(quality))
        {
            throw new ArgumentOutOfRangeException(nameof(quality), quality, "The quality must be low, medium, high or maximum.");
        }

        if (!Enum.IsDefined(writeMode))
        {
            throw new ArgumentOutOfRangeException(nameof(writeMode), writeMode, "The write mode must be fast, balanced or small.");
        }

        Format format = type switch
        {
            VideoOutputType.X264 => X264,
            VideoOutputType.Vp9 => Vp9,
            VideoOutputType.ProRes4444 => ProRes4444,
            VideoOutputType.Gif => Gif,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The format must be X264, VP9, PRORES4444 or GIF."),
        };
        return format.Compose((int)quality, (int)writeMode);
    }

    /// <summary>The format that a file's ending names.</summary>
    /// <param name="path">Path or name of a file.</param>
    /// <returns>The format; null where the ending is none of theirs.</returns>
    public static VideoOutputType? TypeOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".MP4" => VideoOutputType.X264,
            ".WEBM" => VideoOutputType.Vp9,
            ".MOV" => VideoOutputType.ProRes4444,
            ".GIF" => VideoOutputType.Gif,
            _ => null,
        };
    }

    /// <summary>One format of the table; lists by quality have four entries, lists by write mode three.</summary>
    private sealed class Format
    {
        public required string Name { get; init; }

        public required string Extension { get; init; }

        public required string ContentType { get; init; }

        public required string Container { get; init; }

        public required string PixelFilter { get; init; }

        public required string[] Video { get; init; }

        public required string[][] VideoByQuality { get; init; }

        public required string[][] VideoByWriteMode { get; init; }

        public required string[] Audio { get; init; }

        public required string[][] AudioByQuality { get; init; }

        public required string[] ContainerArguments { get; init; }

        public required int SideMultiple { get; init; }

        public int? MaxFramesPerSecond { get; init; }

        public GifPalette[]? PaletteByQuality { get; init; }

        public string[]? PaletteUseByWriteMode { get; init; }

        public VideoEncoding Compose(int quality, int writeMode) => new(
            Name,
            Extension,
            ContentType,
            Container,
            PixelFilter,
            [.. Video, .. VideoByQuality[quality], .. VideoByWriteMode[writeMode]],
            [.. Audio, .. AudioByQuality[quality]],
            ContainerArguments,
            SideMultiple)
        {
            MaxFramesPerSecond = MaxFramesPerSecond,
            Palette = PaletteByQuality is { } palettes
                ? palettes[quality] with { Use = palettes[quality].Use + PaletteUseByWriteMode![writeMode] }
                : null,
        };
    }
}
