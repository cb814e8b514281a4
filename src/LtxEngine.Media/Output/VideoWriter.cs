using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Output;

/// <summary>
/// Writes a video file frame by frame: frames go through a pipe into ffmpeg, so no more than one is held here. The file appears under
/// its name when <see cref="CompleteAsync"/> succeeds; disposing earlier stops ffmpeg and removes what was written.
/// </summary>
/// <remarks>
/// The sound waits in a temporary WAV file beside the output, texts in a file of ffmpeg's metadata format. ffmpeg opens its inputs one after the other and
/// learns about the first, the frames, by reading one: it may be started before the sound exists, and opens that file once the first frame has come. A palette format (GIF) needs all frames before the first can be written:
/// they wait in a lossless temporary video beside the output, about a quarter of the raw size.
/// </remarks>
/// <example>
/// <code>
/// await using VideoWriter writer = await VideoWriter.CreateAsync(ffmpeg, "out.mp4", options, token);
/// foreach (…) await writer.WriteFrameAsync(rgb, token);
/// await writer.CompleteAsync(token);
/// </code>
/// </example>
internal sealed partial class VideoWriter : IAsyncDisposable
{
    private readonly FfmpegTool _ffmpeg;
    private readonly VideoWriterOptions _options;
    private readonly OutputFile _output;
    private readonly OutputFile? _soundTrack;
    private readonly OutputFile? _metadata;
    private readonly OutputFile? _intermediate;
    private readonly FileTiming _timing;
    private readonly FfmpegProcess _process;
    private readonly int _frameLength;
    private int _framesOfFile;
    private bool _completed;
    private bool _lacksSound;

    private VideoWriter(
        FfmpegTool ffmpeg,
        VideoWriterOptions options,
        OutputFile output,
        OutputFile? soundTrack,
        OutputFile? metadata,
        OutputFile? intermediate,
        FfmpegProcess process)
    {
        _ffmpeg = ffmpeg;
        _options = options;
        _output = output;
        _soundTrack = soundTrack;
        _metadata = metadata;
        _intermediate = intermediate;
        _timing = options.FileTiming;
        _process = process;
        _frameLength = options.Width * options.Height * 3;
        _lacksSound = soundTrack is not null && options.Audio is null;
    }

    /// <summary>Number of the clip's frames taken so far, including those that the file leaves out.</summary>
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

        // Beside the output rather than in the system's temporary folder, which may be small or another user's to read.
        OutputFile output = new(path, options.Overwrite);
        OutputFile? soundTrack = (options.Audio is not null || options.AudioFollows) && options.Encoding.HasAudio ? new OutputFile(output.FinalPath + ".wav", overwrite: true) : null;
        OutputFile? intermediate = options.Encoding.Palette is not null ? new OutputFile(output.FinalPath + ".nut", overwrite: true) : null;
        OutputFile? metadata = options.Metadata.Count > 0 && intermediate is null ? new OutputFile(output.FinalPath + ".txt", overwrite: true) : null;
        try
        {
            if (soundTrack is not null && options.Audio is { } audio)
            {
                await WriteWavAsync(soundTrack.TemporaryPath, options, audio, cancellationToken).ConfigureAwait(false);
            }

            if (metadata is not null)
            {
                await MetadataFile.WriteAsync(metadata.TemporaryPath, options.Metadata, cancellationToken).ConfigureAwait(false);
            }

            IEnumerable<string> arguments = intermediate is not null
                ? PaletteVideo.IntermediateArguments(options, intermediate.TemporaryPath)
                : CreateArguments(
                    options,
                    output.TemporaryPath,
                    soundTrack?.TemporaryPath,
                    metadata?.TemporaryPath,
                    hasMovieTimescale: await HasMovieTimescaleAsync(ffmpeg, options.Encoding, cancellationToken).ConfigureAwait(false));
            FfmpegProcess process = ffmpeg.Start(arguments, drainOutput: true);
            return new VideoWriter(ffmpeg, options, output, soundTrack, metadata, intermediate, process);
        }
        catch (Exception exception)
        {
            soundTrack?.Dispose();
            metadata?.Dispose();
            intermediate?.Dispose();
            output.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw CannotWrite(output, exception);
            }

            throw;
        }
    }

    /// <summary>Brings the sound that <see cref="VideoWriterOptions.AudioFollows"/> announced, before the first frame. A format without sound leaves it out.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <exception cref="MediaException">The sound cannot be written.</exception>
    public async Task WriteSoundAsync(AudioBuffer audio, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(audio);
        if (_soundTrack is null)
        {
            return;
        }

        try
        {
            await WriteWavAsync(_soundTrack.TemporaryPath, _options, audio, cancellationToken).ConfigureAwait(false);
            _lacksSound = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(_output, exception);
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
    /// <exception cref="InvalidOperationException">All announced frames were written already, or the announced sound was not.</exception>
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

        if (_lacksSound)
        {
            throw new InvalidOperationException("The announced sound has to come before the first frame.");
        }

        if (_framesOfFile < _timing.FrameCount && FramesWritten == _timing.ClipFrame(_framesOfFile))
        {
            await _process.WriteOrExplainAsync(rgb, $"writing {_output.FinalPath}", cancellationToken).ConfigureAwait(false);
            _framesOfFile++;
        }

        FramesWritten++;
    }

    /// <summary>Finishes the file and gives it its name. A palette format is encoded only now: <see cref="FinishAsync"/>, then <see cref="Appear"/>.</summary>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>The full path of the finished file.</returns>
    /// <exception cref="MediaException">Frames are missing, ffmpeg failed or stood still, or the file cannot be renamed.</exception>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        await FinishAsync(cancellationToken).ConfigureAwait(false);
        return Appear();
    }

    /// <summary>Finishes the file under its temporary name. A palette format is encoded only now.</summary>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="MediaException">Frames are missing, or ffmpeg failed or stood still.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (FramesWritten != _options.FrameCount)
        {
            throw new MediaException(
                MediaErrorKind.OutputFailed, $"Cannot finish {_output.FinalPath}: {FramesWritten} of {_options.FrameCount} announced frames were written.");
        }

        _completed = true;
        _process.CloseInput();

        await _process.FinishAsync($"writing {_output.FinalPath}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
        if (_intermediate is not null)
        {
            await PaletteVideo.EncodeAsync(_ffmpeg, _options, _intermediate.TemporaryPath, _output, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the finished file its name.</summary>
    /// <returns>The full path.</returns>
    /// <exception cref="MediaException">The file cannot be renamed, or another one has the name by now and must stay.</exception>
    public string Appear()
    {
        _output.Commit();
        return _output.FinalPath;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        _soundTrack?.Dispose();
        _metadata?.Dispose();
        _intermediate?.Dispose();
        _output.Dispose();
    }

    private static async Task<bool> HasMovieTimescaleAsync(FfmpegTool ffmpeg, VideoEncoding encoding, CancellationToken cancellationToken) =>
        IsMovie(encoding) && await ffmpeg.HasMuxerOptionAsync(encoding.Container, MovieTimescale, cancellationToken).ConfigureAwait(false);

    private static MediaException CannotWrite(OutputFile output, Exception exception) =>
        new(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);

    private static async Task WriteWavAsync(string path, VideoWriterOptions options, AudioBuffer audio, CancellationToken cancellationToken)
    {
        long length = options.AudioLength == AudioLength.MatchVideo
            ? options.FrameRate.SamplesIn(options.FrameCount, audio.SampleRate)
            : audio.SamplesPerChannel;
        FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            await WavFile.WriteAsync(file, audio.WithLength(length), cancellationToken).ConfigureAwait(false);
        }
    }
}
