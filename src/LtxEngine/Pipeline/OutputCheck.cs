using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Pipeline;

/// <summary>Checks where and how a video is to be written, before hours are spent on it.</summary>
internal static class OutputCheck
{
    private const string Endings = ".mp4, .webm, .mov or .gif";

    /// <summary>Says what is wrong with a path that cannot become a video file of the type, and with the options.</summary>
    /// <param name="path">The path.</param>
    /// <param name="type">The type asked for; null where the ending decides.</param>
    /// <param name="options">Overwriting and texts.</param>
    /// <returns>The errors; empty where the file can be written.</returns>
    public static IReadOnlyList<RequestError> FindErrors(string path, VideoOutputType? type, SaveOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        string? allowed = null;
        if (!FitsEnding(path, type, out string endings))
        {
            allowed = "a file name that ends in " + endings;
        }
        else if (Directory.Exists(path))
        {
            allowed = "the name of a file; this is a folder";
        }
        else if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            allowed = $"a file in a folder that exists; create {folder} first";
        }
        else if (!options.Overwrite && File.Exists(path))
        {
            allowed = "a new file; this one exists already and overwriting was not asked for";
        }
        else if (!options.Overwrite && options.Sidecar && File.Exists(SidecarFile.PathFor(path)))
        {
            allowed = $"a file without settings beside it yet; {SidecarFile.PathFor(path)} exists already and overwriting was not asked for";
        }

        IReadOnlyList<RequestError> errors = FindErrors(options);
        return allowed is null ? errors : [.. errors, new RequestError("out", $"\"{path}\"", allowed)];
    }

    /// <summary>Says what is wrong with the options.</summary>
    /// <param name="options">The texts.</param>
    /// <returns>The errors; empty where there are none.</returns>
    public static IReadOnlyList<RequestError> FindErrors(SaveOptions options) => MetadataLimits.FindError(options.Metadata) is { } problem
        ? [new RequestError("metadata", "set", $"texts that every format can store ({problem.TrimEnd('.')})")]
        : [];

    /// <summary>Says which encoders of a type ffmpeg lacks.</summary>
    /// <param name="ffmpeg">The encoder.</param>
    /// <param name="type">The type.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The error; null where all are there.</returns>
    /// <exception cref="MediaException">ffmpeg was not found or does not answer.</exception>
    public static async Task<RequestError?> FindMissingEncoderAsync(FfmpegTool ffmpeg, VideoOutputType type, CancellationToken cancellationToken)
    {
        VideoEncoding encoding = VideoEncodings.Get(type, VideoQuality.High, VideoWriteMode.Balanced);
        IReadOnlySet<string> there = await ffmpeg.GetEncodersAsync(cancellationToken).ConfigureAwait(false);
        string[] missing = [.. encoding.Encoders.Where(name => !there.Contains(name))];
        return missing.Length == 0
            ? null
            : new RequestError("video_output_type", encoding.Name, $"a type that ffmpeg can encode; {ffmpeg.ExecutablePath} lacks {string.Join(", ", missing)}: use a full build of ffmpeg");
    }

    private static bool FitsEnding(string path, VideoOutputType? type, out string endings)
    {
        // A type that is none is the plan's to report.
        VideoOutputType? byEnding = VideoEncodings.TypeOf(path);
        endings = Endings;
        if (type is null || !Enum.IsDefined(type.Value))
        {
            return byEnding is not null;
        }

        VideoEncoding encoding = VideoEncodings.Get(type.Value, VideoQuality.High, VideoWriteMode.Balanced);
        endings = $"{encoding.Extension}, as the type {encoding.Name} has it";
        return byEnding == type;
    }
}
