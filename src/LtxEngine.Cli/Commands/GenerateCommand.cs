using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Cli.Progress;
using LtxEngine.Pipeline;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx generate</c>: makes one clip.</summary>
internal sealed class GenerateCommand
{
    private readonly Terminal _terminal;
    private readonly Option<FileInfo?> _out = new("--out") { Description = "The file to write: .mp4, .webm, .mov or .gif; out.mp4 or, with --video-output-type, out with the ending of the type where it is not given.", HelpName = "FILE" };
    private readonly Option<FileInfo?> _from = new("--from") { Description = "Repeat the clip of a video that ltx generate wrote, or of the .json file beside it, with its seed; flags given beside it count instead.", HelpName = "FILE" };
    private readonly Option<bool> _sidecar = new("--sidecar") { Description = "Write all settings into a .json file beside the video.", HelpName = "true|false", DefaultValueFactory = _ => true };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it exists." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Print nothing but errors." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object at the end instead of text." };
    private readonly ProfileOption _profile = new(hasTiming: true);
    private readonly RequestOptions _request;
    private readonly PreviewOption _preview = new();
    private readonly TraceOption _trace;
    private readonly ModelOptions _model = new();

    private GenerateCommand(Terminal terminal)
    {
        _terminal = terminal;
        _request = new RequestOptions(_profile);
        _trace = new TraceOption(_profile);
    }

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new GenerateCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("generate", "Make a clip from a prompt and, usually, a start image.")
        {
            _from, _out, _overwrite, _sidecar, _quiet, _json,
        };
        _request.AddTo(command);
        _request.TakePromptFrom(command, _from);
        _preview.AddTo(command);
        _model.AddTo(command);
        _profile.AddTo(command);
        _trace.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using LogOutput log = LogOutput.Create(parsed);
        bool json = parsed.GetValue(_json);
        TimingProfile? profile = _trace.Create(parsed);
        LtxPipelineOptions options = _model.Read(parsed, log.Factory, profile);
        (GenerationRequest request, StoredClip? repeated) = await ReadRequestAsync(parsed, options, cancellationToken).ConfigureAwait(false);
        string output = parsed.GetValue(_out)?.ToString() ?? "out" + (request.VideoOutputType ?? VideoOutputType.X264).FileExtension();
        bool overwrite = parsed.GetValue(_overwrite);
        string? preview = _preview.Read(parsed, output, overwrite);
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            string[] differences = [.. repeated?.Differences(pipeline.Origin, pipeline.LorasOf(request)) ?? []];
            if (!json && !parsed.GetValue(_quiet))
            {
                // Before the work, which may take hours.
                WriteWarnings(differences);
            }

            long start = Stopwatch.GetTimestamp();
            SavedVideo saved;
            using (IProgressView view = parsed.GetValue(_quiet) || (json && !_terminal.IsInteractive) ? new NoProgressView() : ProgressViews.Create(_terminal))
            {
                saved = await pipeline.GenerateToFileAsync(
                    request with { Previews = preview is not null },
                    output,
                    new SaveOptions { Overwrite = overwrite, Sidecar = parsed.GetValue(_sidecar) },
                    preview is null ? view : new PreviewFile(preview, overwrite, _terminal.Error, view),
                    cancellationToken).ConfigureAwait(false);
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (json)
            {
                _terminal.Output.WriteLine(JsonSerializer.Serialize(Describe(saved with { Warnings = [.. differences, .. saved.Warnings] }, pipeline, elapsed), CommandJson.Options));
            }
            else if (!parsed.GetValue(_quiet))
            {
                Print(saved, pipeline, elapsed);
            }

            WriteProfile(parsed, profile, output, json);
        }

        return ExitCode.Done;
    }

    private void WriteWarnings(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
        {
            _terminal.Error.WriteLine("warning: " + warning);
        }
    }

    private async Task<(GenerationRequest Request, StoredClip? Repeated)> ReadRequestAsync(ParseResult parsed, LtxPipelineOptions options, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_from) is not { } from)
        {
            return (_request.Read(parsed), null);
        }

        StoredClip stored = await StoredSettings.ReadAsync(from.ToString(), options.Ffmpeg, cancellationToken).ConfigureAwait(false);

        // A file that is named decides its type by its ending, as without --from.
        GenerationRequest request = _request.Read(parsed, parsed.GetValue(_out) is null ? stored.Request : stored.Request with { VideoOutputType = null });
        RequestError[] errors = [.. stored.Problems.Where(problem => problem.Concerns(request)).Select(problem => problem.Error)];
        return errors.Length == 0 ? (request, stored) : throw new InvalidRequestException(errors);
    }

    private void WriteProfile(ParseResult parsed, TimingProfile? profile, string output, bool json)
    {
        if (profile is null)
        {
            return;
        }

        // Standard output is one JSON object with --json.
        TextWriter writer = json ? _terminal.Error : _terminal.Output;
        string trace = _trace.TracePath(parsed, output);
        profile.WriteTrace(trace);
        ProfileReport.Write(writer, profile);
        writer.WriteLine($"trace        {trace} (open it in ui.perfetto.dev)");
    }

    private void Print(SavedVideo saved, LtxPipeline pipeline, TimeSpan elapsed)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        TextWriter output = _terminal.Output;
        WriteWarnings(saved.Warnings);

        output.WriteLine(string.Create(culture, $"file         {saved.Path} ({Readable.Bytes(saved.FileSize)})"));
        output.WriteLine(string.Create(culture, $"size         {saved.Width} × {saved.Height}"));
        output.WriteLine(string.Create(culture, $"frames       {saved.NumFrames} at {saved.FrameRate} frames per second ({saved.Duration.TotalSeconds:0.00} s){(saved.HasAudio ? ", with sound" : string.Empty)}"));
        output.WriteLine(string.Create(culture, $"seed         {saved.Result.Seed}"));
        if (saved.Result.ResumedSteps > 0)
        {
            output.WriteLine(string.Create(culture, $"resumed      after {saved.Result.ResumedSteps} saved steps"));
        }

        if (!string.Equals(saved.Result.Prompt, saved.Result.OriginalPrompt, StringComparison.Ordinal))
        {
            output.WriteLine($"prompt       {Readable.OneLine(saved.Result.Prompt)}");
        }

        output.WriteLine(string.Create(culture, $"megapixels   {saved.Result.Megapixels:0.##} ({saved.Result.PriceUnits} price units)"));
        output.WriteLine($"device       {pipeline.DeviceName}");
        output.WriteLine($"passes       {Describe(saved.Result)}");
        foreach (StageTiming timing in saved.Timings.Where(t => t.Stage != GenerationStage.Queued))
        {
            output.WriteLine(string.Create(culture, $"{Readable.Stage(timing.Stage),-19} {timing.Elapsed.TotalSeconds,8:0.00} s"));
        }

        output.WriteLine(string.Create(culture, $"{"all together",-19} {elapsed.TotalSeconds,8:0.00} s"));
        output.WriteLine($"peak memory  {Readable.Bytes(ProcessMemory.PeakBytes)}");
    }

    private static string Describe(GenerationResult result)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        DenoisingWork work = result.Work;
        string text = string.Create(culture, $"{work.ForwardPasses} of the transformer, {work.BlockEvaluations} blocks");
        if (work.SkippedBlockEvaluations == 0)
        {
            return text;
        }

        string byStage = result.WorkByStage.Count == 1
            ? string.Empty
            : $" ({string.Join(", ", result.WorkByStage.Select(stage => string.Create(culture, $"{Readable.Stage(stage.Stage)} {stage.Work.SkippedBlockEvaluations}")))})";
        return string.Create(culture, $"{text}, {work.SkippedBlockEvaluations} skipped{byStage}");
    }

    internal static object Describe(SavedVideo saved, LtxPipeline pipeline, TimeSpan elapsed) => new
    {
        file = saved.Path,
        saved.FileName,
        sidecar = saved.SidecarPath,
        saved.ContentType,
        saved.FileSize,
        saved.Width,
        saved.Height,
        saved.NumFrames,
        fps = saved.FrameRate.FramesPerSecond,
        frame_rate = saved.FrameRate.ToString(),
        duration = Math.Round(saved.Duration.TotalSeconds, 3),
        saved.HasAudio,
        saved.Result.Seed,
        saved.Result.Prompt,
        saved.Result.OriginalPrompt,
        saved.Result.NegativePrompt,
        saved.Result.NumInferenceSteps,
        saved.Result.ResumedSteps,
        megapixels = Math.Round(saved.Result.Megapixels, 6),
        saved.Result.PriceUnits,
        device = pipeline.DeviceName,
        saved.Result.Work.ForwardPasses,
        saved.Result.Work.BlockEvaluations,
        saved.Result.Work.SkippedBlockEvaluations,
        work = saved.Result.WorkByStage.ToDictionary(w => JsonNamingPolicy.SnakeCaseLower.ConvertName(w.Stage.ToString()), w => w.Work, StringComparer.Ordinal),
        seconds = saved.Timings.ToDictionary(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Stage.ToString()), t => Math.Round(t.Elapsed.TotalSeconds, 3), StringComparer.Ordinal),
        total_seconds = Math.Round(elapsed.TotalSeconds, 3),
        peak_memory_bytes = ProcessMemory.PeakBytes,
        saved.Warnings,
    };
}
