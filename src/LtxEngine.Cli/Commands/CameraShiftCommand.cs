using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Cli.Measurement;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx camera-shift</c>: measures what each camera LoRA of a model folder does to the picture.</summary>
internal sealed class CameraShiftCommand
{
    private readonly Terminal _terminal;
    private readonly Option<string> _prompt = new("--prompt") { Description = "What happens in the clips; something without camera movement of its own.", HelpName = "TEXT", Required = true };
    private readonly Option<FileInfo?> _image = new("--image") { Description = "The start image.", HelpName = "FILE" };
    private readonly Option<int?> _width = new("--width") { Description = "Width in pixels.", HelpName = "N" };
    private readonly Option<int?> _height = new("--height") { Description = "Height in pixels.", HelpName = "N" };
    private readonly Option<int?> _numFrames = new("--num-frames") { Description = "Number of frames.", HelpName = "N" };
    private readonly Option<int?> _steps = new("--num-inference-steps") { Description = "Number of denoising steps.", HelpName = "N" };
    private readonly Option<double> _cameraLoraScale = new("--camera-lora-scale") { Description = "Strength of the camera LoRAs.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _seed = new("--seed") { Description = "Seed of the first clip; the others count on.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly ModelOptions _model = new();
    private readonly Option<int> _seeds = new("--seeds") { Description = "Number of clips for each LoRA.", HelpName = "N", DefaultValueFactory = _ => 5 };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of the table." };

    private CameraShiftCommand(Terminal terminal) => _terminal = terminal;

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new CameraShiftCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("camera-shift", "Measure how each camera LoRA of a model folder moves the picture, against clips of the same seeds without it.")
        {
            _prompt, _image, _width, _height, _numFrames, _steps, _cameraLoraScale, _seed, _seeds, _json,
        };
        _model.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using LogOutput log = LogOutput.Create(parsed);
        int seeds = parsed.GetValue(_seeds);
        if (seeds < 1)
        {
            throw new UsageException($"--seeds is {seeds}; allowed: 1 or more.");
        }

        GenerationRequest request = new()
        {
            Prompt = parsed.GetRequiredValue(_prompt),
            Image = parsed.GetValue(_image) is { } image ? ImageSource.FromFile(image.ToString()) : null,
            Width = parsed.GetValue(_width),
            Height = parsed.GetValue(_height),
            NumFrames = parsed.GetValue(_numFrames),
            NumInferenceSteps = parsed.GetValue(_steps),
            CameraLoraScale = parsed.GetValue(_cameraLoraScale),
            Seed = parsed.GetValue(_seed),
            GenerateAudio = false,
        };
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(_model.Read(parsed, log.Factory), cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            if (pipeline.CameraLoras.Count == 0)
            {
                throw new UsageException(
                    "The model folder holds no camera LoRA: put files like ltx-2-19b-lora-camera-control-dolly-in.safetensors into it or name them in ltx-model.json as files.camera_loras.");
            }

            List<Row> rows = await MeasureAsync(pipeline, request, seeds, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                _terminal.Output.WriteLine(JsonSerializer.Serialize(Describe(rows), CommandJson.Options));
            }
            else
            {
                Print(rows);
            }
        }

        return ExitCode.Done;
    }

    /// <summary>All LoRAs in turn, so that each is prepared once.</summary>
    private async Task<List<Row>> MeasureAsync(LtxPipeline pipeline, GenerationRequest request, int seeds, CancellationToken cancellationToken)
    {
        long first = request.Seed!.Value;
        PictureMotion[] without = new PictureMotion[seeds];
        List<Row> rows = [];
        foreach (string? lora in pipeline.CameraLoras.Order(StringComparer.Ordinal).Prepend(null))
        {
            for (int i = 0; i < seeds; i++)
            {
                _terminal.Error.WriteLine($"{lora ?? "without a camera LoRA"}, seed {first + i}");
                GenerationResult result = await pipeline.GenerateAsync(
                    request with { CameraLora = lora, Seed = first + i }, progress: null, cancellationToken).ConfigureAwait(false);
                PictureMotion motion = await PictureMotion.OfClipAsync(result.GetFramesAsync(cancellationToken)).ConfigureAwait(false);
                if (lora is null)
                {
                    without[i] = motion;
                }
                else
                {
                    rows.Add(new Row(lora, first + i, without[i], motion));
                }
            }
        }

        return rows;
    }

    private void Print(List<Row> rows)
    {
        TextWriter output = _terminal.Output;
        output.WriteLine("Movement of the picture's content from the first frame to the last, in percent of its size, less that without the LoRA.");
        output.WriteLine($"{"camera LoRA",-20} {"seed",12} {"right",8} {"down",8} {"growth",8}");
        foreach (IGrouping<string, Row> lora in rows.GroupBy(row => row.CameraLora, StringComparer.Ordinal))
        {
            foreach (Row row in lora)
            {
                output.WriteLine(Line(lora.Key, row.Seed.ToString(CultureInfo.InvariantCulture), row.Difference));
            }

            output.WriteLine(Line(lora.Key, "mean", Mean(lora)));
        }
    }

    private static string Line(string lora, string seed, PictureMotion motion) =>
        string.Create(CultureInfo.InvariantCulture, $"{lora,-20} {seed,12} {motion.Right,8:0.00} {motion.Down,8:0.00} {motion.Growth,8:0.00}");

    private static PictureMotion Mean(IEnumerable<Row> rows) =>
        new(rows.Average(row => row.Difference.Right), rows.Average(row => row.Difference.Down), rows.Average(row => row.Difference.Growth));

    private static object Describe(List<Row> rows) => new
    {
        camera_loras = rows.GroupBy(row => row.CameraLora, StringComparer.Ordinal).Select(lora => new
        {
            name = lora.Key,
            mean = Describe(Mean(lora)),
            clips = lora.Select(row => new { row.Seed, without = Describe(row.Without), with = Describe(row.With), difference = Describe(row.Difference) }),
        }),
    };

    private static object Describe(PictureMotion motion) =>
        new { right = Math.Round(motion.Right, 3), down = Math.Round(motion.Down, 3), growth = Math.Round(motion.Growth, 3) };

    private sealed record Row(string CameraLora, long Seed, PictureMotion Without, PictureMotion With)
    {
        public PictureMotion Difference => With - Without;
    }
}
