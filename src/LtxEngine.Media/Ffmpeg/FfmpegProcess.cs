using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace LtxEngine.Media.Ffmpeg;

/// <summary>
/// One run of ffmpeg with binary pipes on both sides. While a caller waits for the process, bytes moved and lines printed count as
/// progress; without any for the allowed time the process is killed. Cancelling a wait kills it as well.
/// </summary>
/// <remarks>Reading and writing may run side by side; neither side may be used by two callers at once.</remarks>
internal sealed class FfmpegProcess : IAsyncDisposable
{
    private const int KeptErrorCharacters = 8192;

    private readonly Process _process;
    private readonly TimeSpan _inactivityTimeout;
    private readonly CancellationTokenSource _abort = new();
    private readonly Timer _watchdog;
    private readonly Task _readingErrors;
    private readonly Task _draining;
    private readonly StringBuilder _errors = new();
    private long _lastProgress = Environment.TickCount64;
    private int _waiting;
    private volatile bool _timedOut;

    private FfmpegProcess(Process process, TimeSpan inactivityTimeout, bool drainOutput)
    {
        _process = process;
        _inactivityTimeout = inactivityTimeout;
        _readingErrors = ReadErrorsAsync();
        _draining = drainOutput ? DrainOutputAsync() : Task.CompletedTask;
        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(inactivityTimeout.TotalMilliseconds / 8, 10, 1000));
        _watchdog = new Timer(static state => ((FfmpegProcess)state!).CheckProgress(), this, period, period);
    }

    /// <summary>Starts the program. Nothing passes through a shell.</summary>
    /// <param name="executable">Path of ffmpeg.</param>
    /// <param name="arguments">The arguments, each as it shall arrive.</param>
    /// <param name="inactivityTimeout">How long it may stand still while somebody waits for it.</param>
    /// <param name="drainOutput">Whether its output is only read away as a sign of life; otherwise the caller reads it.</param>
    /// <param name="workingDirectory">The folder that relative names start from; null for the current one.</param>
    /// <returns>The running process; dispose it to make sure that it is gone.</returns>
    /// <exception cref="MediaException">The program cannot be started.</exception>
    public static FfmpegProcess Start(string executable, IEnumerable<string> arguments, TimeSpan inactivityTimeout, bool drainOutput = false, string? workingDirectory = null)
    {
        ProcessStartInfo start = new(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = workingDirectory ?? string.Empty,
        };
        try
        {
            Process process = Process.Start(start)
                ?? throw new MediaException(MediaErrorKind.ToolNotFound, $"{executable} could not be started.");
            return new FfmpegProcess(process, inactivityTimeout, drainOutput);
        }
        catch (Exception exception) when (exception is Win32Exception or PlatformNotSupportedException)
        {
            throw new MediaException(MediaErrorKind.ToolNotFound, $"{executable} could not be started: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Writes bytes to the process; waits while it is busy.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <exception cref="MediaException">The process stood still for too long.</exception>
    /// <exception cref="IOException">The process ended or closed its input; <see cref="FinishAsync"/> says why.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        const int PieceLength = 1 << 16;
        Stream input = _process.StandardInput.BaseStream;
        for (int offset = 0; offset < bytes.Length; offset += PieceLength)
        {
            ReadOnlyMemory<byte> piece = bytes.Slice(offset, Math.Min(PieceLength, bytes.Length - offset));
            await GuardAsync(() => input.WriteAsync(piece, CancellationToken.None).AsTask(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes bytes; where the process has ended, its own words become the error.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="purpose">What is done, for the message.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <exception cref="MediaException">The process failed, closed its input or stood still.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task WriteOrExplainAsync(ReadOnlyMemory<byte> bytes, string purpose, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            // A broken pipe says only that ffmpeg ended; its exit code and output say why.
            await FinishAsync(purpose, MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
            throw new MediaException(MediaErrorKind.ToolFailed, $"ffmpeg closed its input at {purpose}.", innerException: exception);
        }
    }

    /// <summary>Tells the process that no more bytes come.</summary>
    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process is gone already; its exit code tells more than the broken pipe.
        }
    }

    /// <summary>Reads bytes that the process gave out.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="MediaException">The process stood still for too long.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = 0;
        Stream output = _process.StandardOutput.BaseStream;
        await GuardAsync(
            async () => read = await output.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return read;
    }

    /// <summary>Waits until the process has ended and checks that it succeeded.</summary>
    /// <param name="purpose">What was done, for the message: "decoding start.png".</param>
    /// <param name="failure">The kind of error when it failed.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <exception cref="MediaException">It failed or stood still for too long; the message carries what it printed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task FinishAsync(string purpose, MediaErrorKind failure, CancellationToken cancellationToken)
    {
        await GuardAsync(
            async () =>
            {
                await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                await _readingErrors.ConfigureAwait(false);
                await _draining.ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (_process.ExitCode != 0)
        {
            throw new MediaException(failure, $"ffmpeg failed at {purpose} (exit code {_process.ExitCode}).", ErrorText());
        }
    }

    /// <summary>Stops the process at once, with its children.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended already, or is ending; there is nothing left to stop.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _watchdog.DisposeAsync().ConfigureAwait(false);
        if (!_process.HasExited)
        {
            Kill();
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The system has not reaped it yet; it holds nothing of ours.
            }
        }

        _process.Dispose();
        _abort.Dispose();
    }

    private async Task GuardAsync(Func<Task> operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        NoteProgress();
        Interlocked.Increment(ref _waiting);
        try
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _abort.Token);
            await operation().WaitAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
        catch (IOException) when (_timedOut)
        {
            // The pipe broke because the watchdog killed the process: the time-out below is the reason to name.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            NoteProgress();
        }

        if (_timedOut)
        {
            throw new MediaException(
                MediaErrorKind.ToolTimedOut,
                $"ffmpeg made no progress for {_inactivityTimeout.TotalSeconds:0.###} s and was stopped. If the machine is only slow, raise {nameof(FfmpegOptions)}.{nameof(FfmpegOptions.InactivityTimeout)}.",
                ErrorText());
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void CheckProgress()
    {
        if (Volatile.Read(ref _waiting) > 0
            && Environment.TickCount64 - Interlocked.Read(ref _lastProgress) > _inactivityTimeout.TotalMilliseconds
            && !_timedOut)
        {
            _timedOut = true;
            Kill();
            _abort.Cancel();
        }
    }

    private void NoteProgress() => Interlocked.Exchange(ref _lastProgress, Environment.TickCount64);

    private async Task ReadErrorsAsync()
    {
        char[] buffer = new char[1024];
        int read;
        while ((read = await _process.StandardError.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            NoteProgress();
            lock (_errors)
            {
                _errors.Append(buffer, 0, read);
                if (_errors.Length > KeptErrorCharacters)
                {
                    _errors.Remove(0, _errors.Length - KeptErrorCharacters);
                }
            }
        }
    }

    private async Task DrainOutputAsync()
    {
        byte[] buffer = new byte[4096];
        while (await _process.StandardOutput.BaseStream.ReadAsync(buffer).ConfigureAwait(false) > 0)
        {
            NoteProgress();
        }
    }

    private string ErrorText()
    {
        lock (_errors)
        {
            return _errors.ToString();
        }
    }
}
