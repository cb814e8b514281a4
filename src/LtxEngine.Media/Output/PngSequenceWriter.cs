using LtxEngine.Media.Ffmpeg;

namespace LtxEngine.Media.Output;

/// <summary>
/// Writes frames as <c>frame-000000.png</c>, <c>frame-000001.png</c>, … into a new folder. The folder appears under its name when
/// <see cref="CompleteAsync"/> succeeds; disposing earlier removes what was written.
/// </summary>
internal sealed class PngSequenceWriter : IAsyncDisposable
{
    private readonly int _frameLength;
    private readonly string _temporaryFolder;
    private readonly FfmpegProcess _process;
    private bool _completed;

    private PngSequenceWriter(string folder, string temporaryFolder, int frameLength, FfmpegProcess process)
    {
        Folder = folder;
        _temporaryFolder = temporaryFolder;
        _frameLength = frameLength;
        _process = process;
    }

    /// <summary>The folder that will hold the pictures.</summary>
    public string Folder { get; }

    /// <summary>Starts a sequence.</summary>
    /// <param name="ffmpeg">The encoder.</param>
    /// <param name="folder">The folder to create; its parent must exist.</param>
    /// <param name="width">Width of every frame, 1 … 16384.</param>
    /// <param name="height">Height of every frame, 1 … 16384.</param>
    /// <returns>The writer.</returns>
    /// <exception cref="MediaException">The folder exists already, its parent is missing, or ffmpeg cannot be started.</exception>
    public static PngSequenceWriter Create(FfmpegTool ffmpeg, string folder, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(ffmpeg);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 16384);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, 16384);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string? parent = Path.GetDirectoryName(full);
        if (Directory.Exists(full) || File.Exists(full))
        {
            // A folder may hold other files of the user, so it is never replaced.
            throw OutputFile.Exists(full);
        }

        if (!Directory.Exists(parent))
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {full}: the folder {parent} does not exist. Create it first.");
        }

        string temporary = Path.Combine(parent, $".{Guid.NewGuid():N}.partial");
        try
        {
            Directory.CreateDirectory(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {full}: {exception.Message}", innerException: exception);
        }

        try
        {
            // The pattern is relative to the folder, because a percent sign in the folder's own name would be taken as part of it.
            FfmpegProcess process = ffmpeg.Start(
                [
                    "-y", .. VideoWriter.FrameInputArguments(width, height, new FrameRate(1)),
                    "-c:v", "png", "-start_number", "0", "-f", "image2", "-progress", "pipe:1", "frame-%06d.png",
                ],
                drainOutput: true,
                temporary);
            return new PngSequenceWriter(full, temporary, width * height * 3, process);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Writes the next frame; returns when ffmpeg has taken it, so the buffer may be used again.</summary>
    /// <param name="rgb">width · height · 3 bytes, row-major RGB.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="ArgumentException">The length is not that of a frame.</exception>
    /// <exception cref="MediaException">ffmpeg failed or stood still.</exception>
    public async Task WriteFrameAsync(ReadOnlyMemory<byte> rgb, CancellationToken cancellationToken)
    {
        if (rgb.Length != _frameLength)
        {
            throw new ArgumentException($"A frame has {_frameLength} bytes, not {rgb.Length}.", nameof(rgb));
        }

        await _process.WriteOrExplainAsync(rgb, $"writing {Folder}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finishes the pictures and gives the folder its name.</summary>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>The full path of the folder.</returns>
    /// <exception cref="MediaException">ffmpeg failed or stood still, or the folder cannot be renamed.</exception>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        _process.CloseInput();
        await _process.FinishAsync($"writing {Folder}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.Move(_temporaryFolder, Folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {Folder}: {exception.Message}", innerException: exception);
        }

        _completed = true;
        return Folder;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        if (!_completed)
        {
            try
            {
                Directory.Delete(_temporaryFolder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody holds a file in it; the failure that brought us here is the one to report.
            }
        }
    }
}
