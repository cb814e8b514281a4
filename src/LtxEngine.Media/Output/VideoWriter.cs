using System.Globalization;
using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Output;

/// <summary>
/// Writes a video file frame by frame: frames go through a pipe into ffmpeg, so no more than one is held here. The file appears under
/// its name when <see cref="CompleteAsync"/> succeeds; disposing earlier stops ffmpeg and removes what was written.
/// </summary>
/// <example>
/// <code>
/// await using VideoWriter writer = await VideoWriter.CreateAsync(ffmpeg, "out.mp4", options, token);
/// foreach (…) await writer.WriteFrameAsync(rgb, token);
/// await writer.CompleteAsync(token);
/// </code>
/// </example>
internal sealed class VideoWriter : IAsyncDisposable
{
    private const int MaxSide = 16384;
    private const int MaxMetadataLength = 64 * 1024;

    // Keys that the MP4 container knows; any other key needs the container's general key/value box.
    private static readonly HashSet<string> CommonMetadataKeys = new(StringComparer.OrdinalIgnoreCase)
    {
        "title", "artist", "album", "comment", "description", "synopsis", "genre", "date", "copyright", "composer", "encoder",
    };

    private readonly VideoWriterOptions _options;
    private readonly OutputFile _output;
    private readonly OutputFile? _soundTrack;
    private readonly FfmpegProcess _process;
    private readonly int _frameLength;
    private bool _completed;

    private VideoWriter(VideoWriterOptions options, OutputFile output, OutputFile? soundTrack, FfmpegProcess process)
    {
        _options = options;
        _output = output;
        _soundTrack = soundTrack;
        _process = process;
        _frameLength = options.Width * options.Height * 3;
    }

    /// <summary>Number of frames written so far.</summary>
    public int FramesWritten { get; private set; }

    /// <summary>Starts a video file.</summary>
    /// <param name="ffmpeg">The encoder.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="options">Size, rate, number of frames, sound, format.</param>
    /// <param name="cancellationToken">Stops and removes everything.</param>
    /// <returns>The writer, ready for the first frame.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    /// <exception cref="MediaException">The file exists and must stay, the folder is missing, or ffmpeg cannot be started.</exception>
    public static async Task<VideoWriter> CreateAsync(FfmpegTool ffmpeg, string path, VideoWriterOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ffmpeg);
        ArgumentNullException.ThrowIfNull(options);
        Validate(options);
        OutputFile output = new(path, options.Overwrite);
        OutputFile? soundTrack = null;
        try
        {
            if (options.Audio is { } audio && options.Encoding.HasAudio)
            {
                long length = options.AudioLength == AudioLength.MatchVideo
                    ? options.FrameRate.SamplesIn(options.FrameCount, audio.SampleRate)
                    : audio.SamplesPerChannel;

                // Beside the output rather than in the system's temporary folder, which may be small or another user's to read.
                soundTrack = new OutputFile(output.FinalPath + ".wav", overwrite: true);
                FileStream file = new(soundTrack.TemporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
                await using (file.ConfigureAwait(false))
                {
                    await WavFile.WriteAsync(file, audio.WithLength(length), cancellationToken).ConfigureAwait(false);
                }
            }

            FfmpegProcess process = ffmpeg.Start(CreateArguments(options, output.TemporaryPath, soundTrack?.TemporaryPath), drainOutput: true);
            return new VideoWriter(options, output, soundTrack, process);
        }
        catch (Exception exception)
        {
            soundTrack?.Dispose();
            output.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);
            }

            throw;
        }
    }

    /// <summary>Writes the next frame.</summary>
    /// <param name="frame">A frame of the size given at the start.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    public Task WriteFrameAsync(VideoFrame frame, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return WriteFrameAsync(frame.Pixels, cancellationToken);
    }

    /// <summary>Writes the next frame; returns when ffmpeg has taken it, so the buffer may be used again.</summary>
    /// <param name="rgb">width · height · 3 bytes, row-major RGB.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="ArgumentException">The length is not that of a frame.</exception>
    /// <exception cref="InvalidOperationException">All announced frames were written already.</exception>
    /// <exception cref="MediaException">ffmpeg failed or stood still.</exception>
    public async Task WriteFrameAsync(ReadOnlyMemory<byte> rgb, CancellationToken cancellationToken)
    {
        if (rgb.Length != _frameLength)
        {
            throw new ArgumentException($"A {_options.Width} × {_options.Height} RGB frame has {_frameLength} bytes, not {rgb.Length}.", nameof(rgb));
        }

        if (_completed || FramesWritten == _options.FrameCount)
        {
            throw new InvalidOperationException($"All {_options.FrameCount} announced frames were written already.");
        }

        await _process.WriteOrExplainAsync(rgb, $"writing {_output.FinalPath}", cancellationToken).ConfigureAwait(false);
        FramesWritten++;
    }

    /// <summary>Finishes the file and gives it its name.</summary>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>The full path of the finished file.</returns>
    /// <exception cref="MediaException">Frames are missing, ffmpeg failed or stood still, or the file cannot be renamed.</exception>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        if (FramesWritten != _options.FrameCount)
        {
            throw new MediaException(
                MediaErrorKind.OutputFailed, $"Cannot finish {_output.FinalPath}: {FramesWritten} of {_options.FrameCount} announced frames were written.");
        }

        _completed = true;
        _process.CloseInput();

        await _process.FinishAsync($"writing {_output.FinalPath}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
        _output.Commit();
        return _output.FinalPath;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        _soundTrack?.Dispose();
        _output.Dispose();
    }

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

    private static List<string> CreateArguments(VideoWriterOptions options, string outputPath, string? soundPath)
    {
        // "file:" keeps names with colons or percent signs from being read as protocols or patterns.
        VideoEncoding encoding = options.Encoding;
        List<string> arguments = ["-y", .. FrameInputArguments(options.Width, options.Height, options.FrameRate)];
        if (soundPath is not null)
        {
            arguments.AddRange(["-protocol_whitelist", "file", "-f", "wav", "-i", "file:" + soundPath, "-map", "0:v:0", "-map", "1:a:0", .. encoding.AudioArguments]);
        }

        arguments.AddRange(["-vf", encoding.PixelFilter, .. encoding.VideoArguments, "-r", options.FrameRate.ToString(), .. encoding.ContainerArguments]);
        if (options.Metadata.Keys.Any(key => !CommonMetadataKeys.Contains(key)))
        {
            arguments.AddRange(["-movflags", "+use_metadata_tags"]);
        }

        foreach ((string key, string value) in options.Metadata)
        {
            arguments.AddRange(["-metadata", $"{key}={value}"]);
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

        foreach ((string key, string value) in options.Metadata)
        {
            if (key.Length is 0 or > 255 || key.Contains('=', StringComparison.Ordinal) || key.Any(char.IsControl))
            {
                throw new ArgumentException($"The metadata key \"{key}\" must have 1 … 255 characters, no '=' and no control characters.", nameof(options));
            }

            if (value.Length > MaxMetadataLength || value.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException($"The metadata value of \"{key}\" must have at most {MaxMetadataLength} characters and no zero character.", nameof(options));
            }
        }
    }

    private static void CheckSide(int side, string name, VideoEncoding encoding)
    {
        if (side < encoding.SideMultiple || side > MaxSide || side % encoding.SideMultiple != 0)
        {
            throw new ArgumentOutOfRangeException(
                name, side, $"{name} must be a multiple of {encoding.SideMultiple} between {encoding.SideMultiple} and {MaxSide} for {encoding.Name}.");
        }
    }
}
