using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using LtxEngine.Cli.Batch;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx batch</c>: makes all clips of a jobs file, and goes on where an earlier run of the same batch stopped.</summary>
internal sealed class BatchCommand
{
    private const int MostParallel = 64;
    private readonly Terminal _terminal;
    private readonly Argument<FileInfo> _jobs = new("jobs") { Description = "The jobs: JSON lines (.jsonl) or a table (.csv), one request a line.", HelpName = "JOBS" };
    private readonly Option<DirectoryInfo> _out = new("--out") { Description = "The folder of the clips; created where it does not exist.", HelpName = "DIR", Required = true };
    private readonly Option<int> _parallel = new("--parallel") { Description = "Clips handed to the engine at a time; one computes, the next are prepared.", HelpName = "N", DefaultValueFactory = _ => 2 };
    private readonly Option<int> _count = new("--count") { Description = "Clips of each line that does not say it, with consecutive or drawn seeds.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files of the same names that are not of this batch." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Print nothing but errors." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the lines of results.jsonl as they are written." };
    private readonly ModelOptions _model = new();

    private BatchCommand(Terminal terminal) => _terminal = terminal;

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new BatchCommand(terminal).Build();

    private static void Limit(Option<int> option, int largest) => option.Validators.Add(result =>
    {
        if (!result.Errors.Any() && (result.GetValueOrDefault<int>() < 1 || result.GetValueOrDefault<int>() > largest))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {result.GetValueOrDefault<int>()}; allowed: 1 … {largest}."));
        }
    });

    private Command Build()
    {
        Command command = new("batch", "Make all clips of a jobs file; a second run continues where the first one stopped.")
        {
            _jobs, _out, _parallel, _count, _overwrite, _quiet, _json,
        };
        Limit(_parallel, MostParallel);
        Limit(_count, JobReader.MostClips);
        _model.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using LogOutput log = LogOutput.Create(parsed);
        IReadOnlyList<BatchJob> jobs = ReadJobs(parsed);
        LtxPipelineOptions options = _model.Read(parsed, log.Factory);
        using BatchFolder folder = BatchFolder.Open(parsed.GetRequiredValue(_out).ToString());
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            return await RunAsync(parsed, pipeline, folder, jobs, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, LtxPipeline pipeline, BatchFolder folder, IReadOnlyList<BatchJob> jobs, CancellationToken cancellationToken)
    {
        bool quiet = parsed.GetValue(_quiet);
        string model = pipeline.Origin.Fingerprint;
        (BatchJob Job, string Key)[] open = [.. jobs.Select(job => (Job: job, Key: JobKey.Of(job, model))).Where(job => !folder.IsFinished(job.Job, job.Key))];
        List<(BatchJob Job, string Key)> pending = [];
        List<(BatchJob Job, string Key, long Seed)> unnoticed = [];
        foreach ((BatchJob job, string key) in open)
        {
            if (folder.WasFinishedUnnoticed(job, key, out long seed))
            {
                unnoticed.Add((job, key, seed));
            }
            else
            {
                pending.Add((job, key));
            }
        }

        // On one screen a table that is redrawn and lines of JSON would break each other.
        using IBatchView view = quiet || (parsed.GetValue(_json) && !(_terminal.IsInteractive && Console.IsOutputRedirected)) ? new NoBatchView() : CreateView([.. pending.Select(job => job.Job)]);
        BatchRunner runner = new(pipeline, folder, view, parsed.GetValue(_json) ? Print : static _ => { });
        unnoticed.ForEach(clip => runner.NoteFinished(clip.Job, clip.Key, clip.Seed));

        List<string> errors = [];
        if (!parsed.GetValue(_overwrite))
        {
            errors.AddRange(pending.Where(job => folder.IsForeign(job.Job, job.Key)).Select(job =>
                $"{job.Job.Name}: output is \"{job.Job.Output}\"; a file of this name exists that is not of this batch. Choose another name, or --overwrite."));
        }

        errors.AddRange(await runner.CheckAsync([.. pending.Select(job => job.Job)], cancellationToken).ConfigureAwait(false));
        Refuse(errors);
        await runner.RunAsync(pending, parsed.GetValue(_parallel), cancellationToken).ConfigureAwait(false);
        folder.Tidy();
        if (runner.Failed == 0)
        {
            folder.RemoveAllWork();
        }

        view.Dispose();
        if (!quiet)
        {
            int made = pending.Count - runner.Failed;
            _terminal.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{made} made, {runner.Failed} failed, {jobs.Count - pending.Count} finished earlier; {pipeline.PromptsEncoded} prompts encoded"));
        }

        return runner.Failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private IReadOnlyList<BatchJob> ReadJobs(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(_jobs).FullName;
        List<string> errors = [];
        IReadOnlyList<JobLine> lines = JobsFile.Read(path, errors);
        IReadOnlyList<BatchJob> jobs = new JobReader(Path.GetDirectoryName(path)!, parsed.GetValue(_count)).Read(lines, errors);
        Refuse(errors);
        return jobs.Count > 0 ? jobs : throw new UsageException($"'{path}' holds no job.");
    }

    /// <summary>Wrong values of any line stop the batch before the first clip: they are the quicker corrected.</summary>
    private static void Refuse(List<string> errors)
    {
        const int MostShown = 50;
        if (errors.Count > 0)
        {
            string more = errors.Count > MostShown ? string.Create(CultureInfo.InvariantCulture, $"\nltx: and {errors.Count - MostShown} more.") : string.Empty;
            throw new UsageException(string.Join("\nltx: ", errors.Take(MostShown)) + more);
        }
    }

    private IBatchView CreateView(IReadOnlyList<BatchJob> jobs) =>
        _terminal.IsInteractive ? new TableBatchView(_terminal.ErrorConsole, jobs) : new LineBatchView(_terminal.Error, jobs.Count);

    private void Print(JsonObject line)
    {
        lock (_terminal)
        {
            _terminal.Output.WriteLine(line.ToJsonString(CommandJson.Options));
            _terminal.Output.Flush();
        }
    }
}
