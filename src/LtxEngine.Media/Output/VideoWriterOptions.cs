namespace LtxEngine.Media.Output;

/// <summary>What a <see cref="VideoWriter"/> writes.</summary>
internal sealed class VideoWriterOptions
{
    /// <summary>Width of every frame in pixels; a multiple of the encoding's <see cref="VideoEncoding.SideMultiple"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Height of every frame in pixels; a multiple of the encoding's <see cref="VideoEncoding.SideMultiple"/>.</summary>
    public required int Height { get; init; }

    /// <summary>The exact frame rate.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>How many frames will come, at least 1; the sound's length follows from it.</summary>
    public required int FrameCount { get; init; }

    /// <summary>The sound; null for a silent video, or where it follows.</summary>
    public AudioBuffer? Audio { get; init; }

    /// <summary>Whether <see cref="VideoWriter.WriteSoundAsync"/> brings the sound before the first frame, so that ffmpeg can be started while it is made. Default false.</summary>
    public bool AudioFollows { get; init; }

    /// <summary>How the sound's length relates to the video's. Default: it is made as long as the video.</summary>
    public AudioLength AudioLength { get; init; }

    /// <summary>The format. Default MP4.</summary>
    public VideoEncoding Encoding { get; init; } = VideoEncodings.Mp4;

    /// <summary>Whether an existing file may be replaced. Default false.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Texts stored in the file by key ("title", "comment", or keys of your own). Default none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Which frames of the clip the file shows.</summary>
    public FileTiming FileTiming => FileTiming.For(Encoding, FrameRate, FrameCount);
}
