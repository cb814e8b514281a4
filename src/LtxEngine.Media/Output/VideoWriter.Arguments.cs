using System.Globalization;

namespace LtxEngine.Media.Output;

/// <content>Checks of the options, and ffmpeg's arguments.</content>
internal sealed partial class VideoWriter
{
    private const int MaxSide = 16384;

    /// <summary>The option of the MP4 and MOV muxers that ffmpeg has since 5.1.</summary>
    private const string MovieTimescale = "movie_timescale";

    // Keys that MP4 and MOV know; any other key needs the container's general key/value box.
    private static readonly HashSet<string> CommonMetadataKeys = new(StringComparer.OrdinalIgnoreCase)
    {
        "title", "artist", "album", "comment", "description", "synopsis", "genre", "date", "copyright", "composer", "encoder",
    };

    /// <summary>ffmpeg's arguments for raw RGB frames on its input, shared with the picture sequence.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="frameRate">The exact frame rate.</param>
    /// <returns>The arguments of the input.</returns>
    internal static IEnumerable<string> FrameInputArguments(int width, int height, FrameRate frameRate) =>
    [
        "-protocol_whitelist", "pipe", "-f", "rawvideo", "-pixel_format", "rgb24",
        "-video_size", string.Create(CultureInfo.InvariantCulture, $"{width}x{height}"),
        "-framerate", frameRate.ToString(), "-i", "pipe:0",
    ];

    private static List<string> CreateArguments(VideoWriterOptions options, string outputPath, string? soundPath, string? metadataPath, bool hasMovieTimescale)
    {
        // "file:" keeps names with colons or percent signs from being read as protocols or patterns.
        VideoEncoding encoding = options.Encoding;
        List<string> arguments = ["-y", .. FrameInputArguments(options.Width, options.Height, options.FrameRate)];
        List<string> mapping = ["-map", "0:v:0"];
        if (soundPath is not null)
        {
            arguments.AddRange(["-protocol_whitelist", "file", "-f", "wav", "-i", "file:" + soundPath]);
            mapping.AddRange(["-map", "1:a:0", .. encoding.AudioArguments]);
        }

        if (metadataPath is not null)
        {
            arguments.AddRange(["-protocol_whitelist", "file", "-f", "ffmetadata", "-i", "file:" + metadataPath]);
            mapping.AddRange(["-map_metadata", soundPath is null ? "1" : "2"]);
        }

        arguments.AddRange([.. mapping, "-vf", encoding.PixelFilter, .. encoding.VideoArguments, "-r", options.FrameRate.ToString(), .. encoding.ContainerArguments]);
        if (hasMovieTimescale)
        {
            // Makes the sound's edit list exact; in the usual milliseconds its length would be rounded.
            arguments.AddRange(["-" + MovieTimescale, "48000"]);
        }

        if (IsMovie(encoding) && options.Metadata.Keys.Any(key => !CommonMetadataKeys.Contains(key)))
        {
            arguments.AddRange(["-movflags", "+use_metadata_tags"]);
        }

        arguments.AddRange(["-progress", "pipe:1", "-f", encoding.Container, "file:" + outputPath]);
        return arguments;
    }

    private static void Validate(VideoWriterOptions options)
    {
        CheckSide(options.Width, nameof(options.Width), options.Encoding);
        CheckSide(options.Height, nameof(options.Height), options.Encoding);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FrameCount, 1, nameof(options.FrameCount));
        if (options.FrameRate.Numerator < 1)
        {
            throw new ArgumentException("The frame rate was not set.", nameof(options));
        }

        if (MetadataLimits.FindError(options.Metadata) is { } error)
        {
            throw new ArgumentException(error, nameof(options));
        }
    }

    private static bool IsMovie(VideoEncoding encoding) => encoding.Container is "mp4" or "mov";

    private static void CheckSide(int side, string name, VideoEncoding encoding)
    {
        if (side < encoding.SideMultiple || side > MaxSide || side % encoding.SideMultiple != 0)
        {
            throw new ArgumentOutOfRangeException(
                name, side, $"{name} must be a multiple of {encoding.SideMultiple} between {encoding.SideMultiple} and {MaxSide} for {encoding.Name}.");
        }
    }
}
