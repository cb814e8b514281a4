using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx plan</c>: tells what a request would make and take, without running it.</summary>
internal sealed class PlanCommand
{
    private readonly Terminal _terminal;
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of text." };
    private readonly ProfileOption _profile = new(hasTiming: false);
    private readonly RequestOptions _request;
    private readonly ModelOptions _model = new();

    private PlanCommand(Terminal terminal)
    {
        _terminal = terminal;
        _request = new RequestOptions(_profile);
    }

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new PlanCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("plan", "Show what a request would make and take, without running it: stages, sizes, work, memory, price.") { _json };
        _request.AddTo(command);
        _profile.AddTo(command);
        _model.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using LogOutput log = LogOutput.Create(parsed);
        GenerationRequest request = _request.Read(parsed);
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(_model.Read(parsed, log.Factory), cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            GenerationEstimate estimate = await pipeline.EstimateAsync(request, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                _terminal.Output.WriteLine(JsonSerializer.Serialize(Describe(estimate, pipeline), CommandJson.Options));
            }
            else
            {
                Print(estimate, pipeline);
            }
        }

        return ExitCode.Done;
    }

    private void Print(GenerationEstimate estimate, LtxPipeline pipeline)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        TextWriter output = _terminal.Output;
        foreach (string warning in estimate.Warnings)
        {
            _terminal.Error.WriteLine("warning: " + warning);
        }

        output.WriteLine(string.Create(culture, $"clip         {estimate.Width} × {estimate.Height}, {estimate.NumFrames} frames at {estimate.FrameRate} frames per second ({estimate.Duration.TotalSeconds:0.00} s), {(estimate.HasAudio ? "with sound" : "no sound")}"));
        output.WriteLine(string.Create(culture, $"work         {estimate.ForwardPasses} forward passes, {Work(estimate.TeraFlops)}"));
        output.WriteLine($"memory       {Readable.Bytes(estimate.PeakMemoryBytes)} at most, {(estimate.FitsMemory ? "of" : "too much: there are")} {Readable.Bytes(estimate.MemoryBudgetBytes)}");
        output.WriteLine(string.Create(culture, $"price units  {estimate.PriceUnits} ({estimate.Price:0.0000} USD at the hosted endpoint)"));
        output.WriteLine($"device       {pipeline.DeviceName}");
        foreach (StageEstimate stage in estimate.Stages)
        {
            output.WriteLine();
            output.WriteLine(Readable.Stage(stage.Stage));
            if (stage.Width > 0)
            {
                output.WriteLine(string.Create(culture, $"  size         {stage.Width} × {stage.Height}, {stage.Frames} frame{(stage.Frames == 1 ? string.Empty : "s")}"));
            }

            if (stage.Steps > 0)
            {
                output.WriteLine(string.Create(culture, $"  tokens       {stage.VideoTokens} video, {stage.AudioTokens} audio"));
                output.WriteLine(string.Create(culture, $"  steps        {stage.Steps}, sigma {stage.Sigmas[0]:0.####} … {stage.Sigmas[^1]:0.####}"));
                output.WriteLine(string.Create(culture, $"  work         {stage.ForwardPasses} forward passes, {Work(stage.TeraFlops)}"));
            }
            else if (stage.TeraFlops > 0)
            {
                output.WriteLine($"  work         {Work(stage.TeraFlops)}");
            }

            string kept = stage.KeptBytes > 0 ? $" + other networks {Readable.Bytes(stage.KeptBytes)}" : string.Empty;
            output.WriteLine(
                $"  memory       {Readable.Bytes(stage.WeightBytes + stage.WorkingBytes + stage.KeptBytes)} = weights {Readable.Bytes(stage.WeightBytes)} + working memory {Readable.Bytes(stage.WorkingBytes)}{kept}");
            foreach (MemoryPart part in stage.WorkingParts)
            {
                output.WriteLine($"    {Readable.Bytes(part.Bytes),10}  {part.Name}");
            }
        }
    }

    private static string Work(double teraFlops) => string.Create(CultureInfo.InvariantCulture, $"{teraFlops:#,0.0#####} TFLOP");

    private static object Describe(GenerationEstimate estimate, LtxPipeline pipeline) => new
    {
        estimate.Width,
        estimate.Height,
        estimate.NumFrames,
        fps = estimate.FrameRate.FramesPerSecond,
        frame_rate = estimate.FrameRate.ToString(),
        duration = Math.Round(estimate.Duration.TotalSeconds, 3),
        estimate.HasAudio,
        device = pipeline.DeviceName,
        estimate.ForwardPasses,
        estimate.TeraFlops,
        estimate.PeakMemoryBytes,
        estimate.MemoryBudgetBytes,
        estimate.FitsMemory,
        estimate.Residency,
        estimate.PriceUnits,
        estimate.Price,
        stages = estimate.Stages.Select(stage => new
        {
            stage.Stage,
            stage.Width,
            stage.Height,
            stage.Frames,
            stage.VideoTokens,
            stage.AudioTokens,
            stage.Steps,
            stage.Sigmas,
            stage.ForwardPasses,
            stage.TeraFlops,
            stage.WeightBytes,
            stage.WorkingBytes,
            stage.WorkingParts,
            stage.KeptBytes,
        }),
        estimate.Warnings,
    };
}
