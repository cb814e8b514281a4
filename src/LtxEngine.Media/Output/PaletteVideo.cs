using System.Globalization;
using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Output;

/// <summary>
/// Encodes a GIF from a lossless intermediate video in two passes: the first collects one palette for the whole clip, the second maps
/// the frames to it. Both stream, so memory does not grow with the clip.
/// </summary>
internal static class PaletteVideo
{
    /// <summary>ffmpeg's arguments for the intermediate: FFV1, because it is exact, fast and compresses.</summary>
    /// <param name="options">Size and rate.</param>
    /// <param name="path">The file to write.</param>
    /// <returns>The arguments.</returns>
    public static IEnumerable<string> IntermediateArguments(VideoWriterOptions options, string path) =>
    [
        "-y", .. VideoWriter.FrameInputArguments(options.Width, options.Height, options.FileTiming.Rate),
        "-c:v", "ffv1", "-level", "3", "-g", "1", "-pix_fmt", "bgr0", "-progress", "pipe:1", "-f", "nut", "file:" + path,
    ];

    /// <summary>Runs the two passes and stores the metadata.</summary>
    /// <param name="ffmpeg">The encoder.</param>
    /// <param name="options">Rate, encoding and metadata.</param>
    /// <param name="intermediatePath">The finished intermediate.</param>
    /// <param name="output">Its temporary file receives the GIF; not committed here.</param>
    /// <param name="cancellationToken">Kills ffmpeg and removes what was written.</param>
    /// <exception cref="MediaException">ffmpeg failed or stood still, or a file cannot be written.</exception>
    public static async Task EncodeAsync(
        FfmpegTool ffmpeg, VideoWriterOptions options, string intermediatePath, OutputFile output, CancellationToken cancellationToken)
    {
        VideoEncoding encoding = options.Encoding;
        GifPalette palette = encoding.Palette ?? throw new ArgumentException($"{encoding.Name} has no palette.", nameof(options));
        using OutputFile paletteFile = new(output.FinalPath + ".png", overwrite: true);
        using OutputFile encoded = new(output.FinalPath + ".raw", overwrite: true);
        string[] input = ["-y", "-protocol_whitelist", "file", "-f", "nut", "-i", "file:" + intermediatePath];
        await RunAsync(
            [.. input, "-vf", palette.Generation, "-frames:v", "1", "-c:v", "png", "-progress", "pipe:1", "-f", "image2", "-update", "1", "file:" + paletteFile.TemporaryPath],
            "collecting the colours").ConfigureAwait(false);
        await RunAsync(
            [
                .. input, "-protocol_whitelist", "file", "-f", "png_pipe", "-i", "file:" + paletteFile.TemporaryPath,
                "-lavfi", $"[0:v][1:v]{palette.Use}",
                .. encoding.VideoArguments, .. encoding.ContainerArguments, "-final_delay", FinalDelay(options), "-progress", "pipe:1", "-f", encoding.Container, "file:" + encoded.TemporaryPath,
            ],
            "writing").ConfigureAwait(false);
        try
        {
            await GifComments.InsertAsync(encoded.TemporaryPath, output.TemporaryPath, options.Metadata, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);
        }

        async Task RunAsync(IEnumerable<string> arguments, string purpose)
        {
            FfmpegProcess process = ffmpeg.Start(arguments, drainOutput: true);
            await using (process.ConfigureAwait(false))
            {
                process.CloseInput();
                await process.FinishAsync($"{purpose} for {output.FinalPath}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // In hundredths of a second, what is left of the clip after the start of the last frame; the muxer would repeat the delay before it,
    // which is one too long or too short where frames do not last whole hundredths.
    private static string FinalDelay(VideoWriterOptions options)
    {
        const int TicksPerSecond = 100;
        long end = options.FrameRate.SamplesIn(options.FrameCount, TicksPerSecond);
        long lastFrame = options.FileTiming.Rate.SamplesIn(options.FileTiming.FrameCount - 1, TicksPerSecond);
        long least = TicksPerSecond / (options.Encoding.MaxFramesPerSecond ?? TicksPerSecond);
        return Math.Clamp(end - lastFrame, least, ushort.MaxValue).ToString(CultureInfo.InvariantCulture);
    }
}
