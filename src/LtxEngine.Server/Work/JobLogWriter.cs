using System.Globalization;
using System.Threading.Channels;
using LtxEngine.Server.Jobs;

namespace LtxEngine.Server.Work;

/// <summary>
/// Turns the engine's reports into log lines: one at the begin of each stage, one for each denoising step. Lines are stored in batches
/// behind the engine's back, so that it never waits for the disk.
/// </summary>
internal sealed class JobLogWriter : IProgress<GenerationProgress>, IAsyncDisposable
{
    private readonly Channel<JobLogEntry> _lines = Channel.CreateUnbounded<JobLogEntry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IJobStore _store;
    private readonly IWorkQueue _queue;
    private readonly ProgressBoard _board;
    private readonly TimeProvider _time;
    private readonly string _jobId;
    private readonly Task _writing;
    private (GenerationStage Stage, int Step)? _last;

    /// <summary>Creates the log of one job's run.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="store">Keeps the lines.</param>
    /// <param name="queue">Is told of new lines.</param>
    /// <param name="board">Gets every report.</param>
    /// <param name="time">Tells the time.</param>
    public JobLogWriter(string jobId, IJobStore store, IWorkQueue queue, ProgressBoard board, TimeProvider time)
    {
        _jobId = jobId;
        _store = store;
        _queue = queue;
        _board = board;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Adds a line.</summary>
    /// <param name="message">The text.</param>
    /// <param name="level">One of the levels of <see cref="JobLogEntry.Level"/>.</param>
    public void Add(string message, string level = "INFO") => _lines.Writer.TryWrite(new JobLogEntry(0, _time.GetUtcNow(), level, message));

    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        _board.Report(_jobId, value);
        bool isDenoising = value.Stage is GenerationStage.Denoising or GenerationStage.Refining;
        bool begins = _last?.Stage != value.Stage;
        if (value.Stage is GenerationStage.Queued || !(begins || (isDenoising && _last?.Step != value.Step)))
        {
            return;
        }

        _last = (value.Stage, value.Step);
        Add(isDenoising && value.Step > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Describe(value.Stage)}: step {value.Step} of {value.Steps}")
            : Describe(value.Stage));
    }

    /// <summary>Stores what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private static string Describe(GenerationStage stage) => stage switch
    {
        GenerationStage.TextEncoding => "Reading the prompt",
        GenerationStage.ImageConditioning => "Encoding the image",
        GenerationStage.Denoising => "Denoising",
        GenerationStage.Upscaling => "Upscaling",
        GenerationStage.Refining => "Refining",
        GenerationStage.AudioDecoding => "Decoding the sound",
        GenerationStage.VideoDecoding => "Decoding the video",
        GenerationStage.Encoding => "Writing the file",
        _ => stage.ToString(),
    };

    private async Task WriteAsync()
    {
        List<JobLogEntry> batch = [];
        while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (_lines.Reader.TryRead(out JobLogEntry? line))
            {
                batch.Add(line);
            }

            await _store.AppendLogsAsync(_jobId, batch).ConfigureAwait(false);
            _queue.Signal(_jobId);
        }
    }
}
