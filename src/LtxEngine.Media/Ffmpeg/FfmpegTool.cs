using System.Collections.Concurrent;
using System.Text;

namespace LtxEngine.Media.Ffmpeg;

/// <summary>Starts ffmpeg with the options of this engine.</summary>
/// <param name="options">Where it is and how long it may stand still; null for the defaults.</param>
internal sealed class FfmpegTool(FfmpegOptions? options = null)
{
    private readonly FfmpegOptions _options = options ?? new FfmpegOptions();
    private string? _path;
    private IReadOnlySet<string>? _encoders;
    private readonly ConcurrentDictionary<string, string> _muxerHelp = new(StringComparer.Ordinal);

    /// <summary>The full path of ffmpeg.</summary>
    /// <exception cref="MediaException">It was not found.</exception>
    public string ExecutablePath => _path ??= FfmpegLocator.FindFfmpeg(_options);

    /// <summary>Starts ffmpeg; the caller feeds and drains it.</summary>
    /// <param name="arguments">Arguments after the common ones (quiet, no banner).</param>
    /// <param name="drainOutput">Whether its output is only read away as a sign of life (<c>-progress pipe:1</c>).</param>
    /// <param name="workingDirectory">The folder that relative names start from; null for the current one.</param>
    /// <returns>The running process.</returns>
    /// <exception cref="MediaException">It was not found or cannot be started.</exception>
    public FfmpegProcess Start(IEnumerable<string> arguments, bool drainOutput = false, string? workingDirectory = null) =>
        FfmpegProcess.Start(ExecutablePath, ["-hide_banner", "-nostats", "-loglevel", "error", .. arguments], _options.InactivityTimeout, drainOutput, workingDirectory);

    /// <summary>Runs ffmpeg from bytes to bytes.</summary>
    /// <param name="arguments">Arguments that read <c>pipe:0</c> and write <c>pipe:1</c>.</param>
    /// <param name="input">All that it reads.</param>
    /// <param name="maxOutputBytes">More output than this is an error.</param>
    /// <param name="purpose">What is done, for messages.</param>
    /// <param name="failure">The kind of error when ffmpeg fails.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>All that it wrote.</returns>
    /// <exception cref="MediaException">It failed, stood still or wrote too much.</exception>
    public async Task<ReadOnlyMemory<byte>> RunAsync(
        IEnumerable<string> arguments,
        ReadOnlyMemory<byte> input,
        long maxOutputBytes,
        string purpose,
        MediaErrorKind failure,
        CancellationToken cancellationToken)
    {
        FfmpegProcess process = Start(arguments);
        await using (process.ConfigureAwait(false))
        {
            Task feeding = FeedAsync(process, input, cancellationToken);
            byte[] output = new byte[Math.Min(1 << 16, maxOutputBytes + 1)];
            int length = 0;
            int read;
            while ((read = await process.ReadAsync(output.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
            {
                length += read;
                if (length > maxOutputBytes)
                {
                    throw new MediaException(failure, $"ffmpeg wrote more than the expected {maxOutputBytes} bytes at {purpose}.");
                }

                if (length == output.Length)
                {
                    Array.Resize(ref output, (int)Math.Min(Math.Min(2L * length, maxOutputBytes + 1), Array.MaxLength));
                }
            }

            await feeding.ConfigureAwait(false);
            await process.FinishAsync(purpose, failure, cancellationToken).ConfigureAwait(false);
            return output.AsMemory(0, length);
        }
    }

    /// <summary>Asks ffmpeg whether a muxer knows an option; the answer is kept.</summary>
    /// <param name="muxer">The muxer: <c>mp4</c>.</param>
    /// <param name="option">The option's name without the dash.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Whether it can be given.</returns>
    /// <exception cref="MediaException">ffmpeg was not found or does not answer.</exception>
    public async Task<bool> HasMuxerOptionAsync(string muxer, string option, CancellationToken cancellationToken)
    {
        if (!_muxerHelp.TryGetValue(muxer, out string? help))
        {
            ReadOnlyMemory<byte> answer = await RunAsync(
                ["-h", "muxer=" + muxer], ReadOnlyMemory<byte>.Empty, 1 << 20, $"describing the {muxer} muxer", MediaErrorKind.ToolFailed, cancellationToken)
                .ConfigureAwait(false);
            help = Encoding.UTF8.GetString(answer.Span);
            _muxerHelp[muxer] = help;
        }

        return help.Contains($"-{option} ", StringComparison.Ordinal);
    }

    /// <summary>Asks ffmpeg for its encoders; the answer is kept.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Names of all encoders that it was built with.</returns>
    /// <exception cref="MediaException">It was not found or does not answer.</exception>
    public async Task<IReadOnlySet<string>> GetEncodersAsync(CancellationToken cancellationToken) =>
        _encoders ??= FfmpegInfo.ParseEncoders(await AskAsync("-encoders", cancellationToken).ConfigureAwait(false));

    /// <summary>Asks ffmpeg something about itself.</summary>
    /// <param name="question">The argument: <c>-version</c>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="MediaException">It was not found or does not answer.</exception>
    public async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = await RunAsync(
            [question], ReadOnlyMemory<byte>.Empty, 1 << 20, $"answering {question}", MediaErrorKind.ToolFailed, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(answer.Span);
    }

    private static async Task FeedAsync(FfmpegProcess process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.WriteAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // ffmpeg may stop reading when it has what it needs (the first frame of a GIF); its exit code decides.
        }

        process.CloseInput();
    }
}
