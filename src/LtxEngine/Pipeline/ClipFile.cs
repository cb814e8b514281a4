using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;

namespace LtxEngine.Pipeline;

/// <summary>
/// The video file of one clip. The encoder starts at once, on a thread of its own, and waits for the first frame, so that sound and frames
/// can be decoded meanwhile. <see cref="Write"/> runs on the device's thread: waiting for the encoder holds back the decoder. Disposing an
/// unfinished file stops ffmpeg and removes what was written.
/// </summary>
internal sealed class ClipFile : IDisposable
{
    private readonly VideoWriterOptions _options;
    private readonly Task<VideoWriter> _starting;

    /// <summary>Starts the encoder.</summary>
    /// <param name="ffmpeg">The encoder.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Size, frames, rate, format and texts. The sound follows.</param>
    /// <param name="holdsSettings">Whether the settings are among the texts.</param>
    /// <param name="cancellationToken">Stops ffmpeg and removes what was written.</param>
    public ClipFile(FfmpegTool ffmpeg, string path, VideoWriterOptions options, bool holdsSettings, CancellationToken cancellationToken)
    {
        _options = options;
        HoldsSettings = holdsSettings;
        _starting = Task.Run(() => VideoWriter.CreateAsync(ffmpeg, path, options, cancellationToken), CancellationToken.None);
    }

    /// <summary>The format.</summary>
    public VideoEncoding Encoding => _options.Encoding;

    /// <summary>Which frames of the clip the file shows.</summary>
    public FileTiming Timing => _options.FileTiming;

    /// <summary>Whether the file tells how it was made.</summary>
    public bool HoldsSettings { get; }

    /// <summary>Writes the file; it appears under its name when it is complete.</summary>
    /// <param name="audio">The sound; null where none was announced.</param>
    /// <param name="chunks">The frames; decoded while they are written. Further ones are ignored.</param>
    /// <param name="settings">The written sidecar; null for none.</param>
    /// <param name="frameWritten">Told the number of frames written.</param>
    /// <param name="cancellationToken">Stops ffmpeg and removes what was written.</param>
    /// <returns>Full path of the file.</returns>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public string Write(AudioBuffer? audio, IEnumerable<VideoChunk> chunks, OutputFile? settings, Action<int> frameWritten, CancellationToken cancellationToken)
    {
        VideoWriter? writer = null;
        byte[] pixels = new byte[checked(_options.Width * _options.Height * 3)];
        int written = 0;
        foreach (VideoChunk chunk in chunks)
        {
            writer ??= Begin(audio, cancellationToken);
            for (int frame = 0; frame < chunk.FrameCount && written < _options.FrameCount; frame++)
            {
                chunk.CopyRgb24(frame, pixels);
                Wait(writer.WriteFrameAsync(pixels, cancellationToken));
                frameWritten(++written);
            }
        }

        writer ??= Begin(audio, cancellationToken);
        Wait(writer.FinishAsync(cancellationToken));
        return Appear(writer, settings);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Task ended = _starting;
        ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        if (_starting.IsCompletedSuccessfully)
        {
            Wait(_starting.Result.DisposeAsync().AsTask());
        }
    }

    /// <summary>
    /// Gives video and sidecar their names in an order in which the process may be killed: nothing new is there, or the finished video, which
    /// holds its settings itself. A sidecar is never without its video, nor beside another than its own.
    /// </summary>
    private static string Appear(VideoWriter writer, OutputFile? settings)
    {
        settings?.RemoveEarlier();
        string path = writer.Appear();
        try
        {
            settings?.Commit();
        }
        catch (MediaException exception)
        {
            throw new MediaException(exception.Kind, $"{path} is complete, but its settings are not beside it. {exception.Message}", innerException: exception);
        }

        return path;
    }

    private VideoWriter Begin(AudioBuffer? audio, CancellationToken cancellationToken)
    {
        VideoWriter writer = _starting.GetAwaiter().GetResult();
        if (audio is not null)
        {
            Wait(writer.WriteSoundAsync(audio, cancellationToken));
        }

        return writer;
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
