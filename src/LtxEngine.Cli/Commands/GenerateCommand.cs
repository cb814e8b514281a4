using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LtxEngine.Cli.Progress;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx generate</c>: makes one clip.</summary>
internal sealed class GenerateCommand
{
    private readonly Terminal _terminal;
    private readonly Option<string?> _prompt = new("--prompt") { Description = "What happens in the clip, sound included.", HelpName = "TEXT" };
    private readonly Option<FileInfo?> _image = new("--image") { Description = "The start image: it becomes the first frame. Without it the clip comes from the prompt alone.", HelpName = "FILE" };
    private readonly Option<FileInfo> _out = new("--out") { Description = "The MP4 file to write.", HelpName = "FILE", DefaultValueFactory = _ => new FileInfo("out.mp4") };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it exists." };
    private readonly Option<string?> _negativePrompt = new("--negative-prompt") { Description = "What the clip should not look or sound like.", HelpName = "TEXT" };
    private readonly Option<int?> _width = new("--width") { Description = "Width in pixels, 16 … 16384; odd sides become even.", HelpName = "N" };
    private readonly Option<int?> _height = new("--height") { Description = "Height in pixels, as the width.", HelpName = "N" };
    private readonly Option<int?> _numFrames = new("--num-frames") { Description = "Number of frames.", HelpName = "N" };
    private readonly Option<double?> _fps = new("--fps") { Description = "Frames per second.", HelpName = "X" };
    private readonly Option<int?> _steps = new("--num-inference-steps") { Description = "Number of denoising steps; of the first stage where there are two.", HelpName = "N" };
    private readonly Option<double?> _guidanceScale = new("--guidance-scale") { Description = "Classifier-free guidance; 1 is off.", HelpName = "X" };
    private readonly Option<string?> _guidancePreset = new("--guidance-preset") { Description = string.Join(", ", GuidanceParameters.PresetNames) + ".", HelpName = "NAME" };
    private readonly Option<long?> _seed = new("--seed") { Description = "Seed of the noise, any 64-bit integer; drawn and reported when it is not given.", HelpName = "N" };
    private readonly Option<bool> _generateAudio = new("--generate-audio") { Description = "Whether the clip gets sound.", HelpName = "true|false", DefaultValueFactory = _ => true };
    private readonly Option<double> _imageStrength = new("--image-strength") { Description = "How firmly the first frame keeps to the start image, 0 … 1.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _imageCrf = new("--image-crf") { Description = "Compression of every image before it is encoded, 0 (off) … 51.", HelpName = "N", DefaultValueFactory = _ => 33 };
    private readonly Option<FileInfo?> _endImage = new("--end-image") { Description = "The end image: the clip is led to it.", HelpName = "FILE" };
    private readonly Option<double> _endImageStrength = new("--end-image-strength") { Description = "How firmly the clip keeps to the end image, 0 … 1.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<FrameImage[]> _frameImages = new("--frame-image") { Description = "An image at a frame of the clip, with its strength; may be given several times.", HelpName = "FRAME[@X]=FILE", CustomParser = FrameImageArgument.Parse, DefaultValueFactory = _ => [] };
    private readonly Option<InterpolationDirection> _interpolationDirection = new("--interpolation-direction") { Description = "forward, or backward: from the end image to the start image.", HelpName = "NAME", CustomParser = KebabEnum.Parse<InterpolationDirection>, DefaultValueFactory = _ => InterpolationDirection.Forward };
    private readonly Option<KeyframeTimeExtent> _keyframeTimeExtent = new("--keyframe-time-extent") { Description = "How long images behind the first frame last: one-frame, or eight-frames as in the model's first release.", HelpName = "NAME", CustomParser = KebabEnum.Parse<KeyframeTimeExtent>, DefaultValueFactory = _ => KeyframeTimeExtent.OneFrame };
    private readonly Option<bool> _useMultiscale = new("--use-multiscale") { Description = "Make the clip in two stages: at half size, then upscaled and refined. Needs a spatial upscaler in the model folder.", HelpName = "true|false" };
    private readonly Option<LoraUse[]> _loras = new("--lora") { Description = "A LoRA file with its strength (1 if not given); may be given several times.", HelpName = "FILE[:X]", CustomParser = LoraArgument.Parse, DefaultValueFactory = _ => [] };
    private readonly Option<string?> _cameraLora = new("--camera-lora") { Description = "A camera LoRA of the model folder, such as dolly_in.", HelpName = "NAME" };
    private readonly Option<double> _cameraLoraScale = new("--camera-lora-scale") { Description = "Strength of the camera LoRA.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Print nothing but errors." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object at the end instead of text." };
    private readonly ModelOptions _model = new();

    private GenerateCommand(Terminal terminal) => _terminal = terminal;

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new GenerateCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("generate", "Make a clip from a prompt and, usually, a start image.")
        {
            _prompt, _image, _out, _overwrite, _negativePrompt, _width, _height, _numFrames, _fps, _steps,
            _guidanceScale, _guidancePreset, _seed, _generateAudio, _imageStrength, _endImage, _endImageStrength, _frameImages, _interpolationDirection,
            _keyframeTimeExtent, _imageCrf, _useMultiscale, _loras, _cameraLora, _cameraLoraScale, _quiet, _json,
        };
        _prompt.Required = true;
        _model.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using LogOutput log = LogOutput.Create(parsed);
        string output = parsed.GetRequiredValue(_out).ToString();
        bool json = parsed.GetValue(_json);
        LtxPipelineOptions options = _model.Read(parsed, log.Factory);
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            long start = Stopwatch.GetTimestamp();
            SavedVideo saved;
            using (IProgressView progress = parsed.GetValue(_quiet) || (json && !_terminal.IsInteractive) ? new NoProgressView() : ProgressViews.Create(_terminal))
            {
                saved = await pipeline.GenerateToFileAsync(
                    ReadRequest(parsed), output, new SaveOptions { Overwrite = parsed.GetValue(_overwrite) }, progress, cancellationToken).ConfigureAwait(false);
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (json)
            {
                _terminal.Output.WriteLine(JsonSerializer.Serialize(Describe(saved, pipeline, elapsed), CommandJson.Options));
            }
            else if (!parsed.GetValue(_quiet))
            {
                Print(saved, pipeline, elapsed);
            }
        }

        return ExitCode.Done;
    }

    private GenerationRequest ReadRequest(ParseResult parsed) => new()
    {
        Prompt = parsed.GetRequiredValue(_prompt)!,
        NegativePrompt = parsed.GetValue(_negativePrompt),
        Image = parsed.GetValue(_image) is { } image ? ImageSource.FromFile(image.ToString()) : null,
        ImageStrength = parsed.GetValue(_imageStrength),
        EndImage = parsed.GetValue(_endImage) is { } endImage ? ImageSource.FromFile(endImage.ToString()) : null,
        EndImageStrength = parsed.GetValue(_endImageStrength),
        Images = parsed.GetValue(_frameImages) ?? [],
        InterpolationDirection = parsed.GetValue(_interpolationDirection),
        KeyframeTimeExtent = parsed.GetValue(_keyframeTimeExtent),
        UseMultiscale = parsed.GetValue(_useMultiscale),
        Loras = parsed.GetValue(_loras) ?? [],
        CameraLora = parsed.GetValue(_cameraLora),
        CameraLoraScale = parsed.GetValue(_cameraLoraScale),
        ImageCrf = parsed.GetValue(_imageCrf),
        Width = parsed.GetValue(_width),
        Height = parsed.GetValue(_height),
        NumFrames = parsed.GetValue(_numFrames),
        Fps = parsed.GetValue(_fps),
        NumInferenceSteps = parsed.GetValue(_steps),
        GuidanceScale = parsed.GetValue(_guidanceScale),
        GuidancePreset = parsed.GetValue(_guidancePreset),
        Seed = parsed.GetValue(_seed),
        GenerateAudio = parsed.GetValue(_generateAudio),
    };

    private void Print(SavedVideo saved, LtxPipeline pipeline, TimeSpan elapsed)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        TextWriter output = _terminal.Output;
        foreach (string warning in saved.Result.Warnings)
        {
            _terminal.Error.WriteLine("warning: " + warning);
        }

        output.WriteLine(string.Create(culture, $"file         {saved.Path} ({Readable.Bytes(saved.FileSize)})"));
        output.WriteLine(string.Create(culture, $"size         {saved.Width} × {saved.Height}"));
        output.WriteLine(string.Create(culture, $"frames       {saved.NumFrames} at {saved.FrameRate} frames per second ({saved.Result.Duration.TotalSeconds:0.00} s){(saved.HasAudio ? ", with sound" : string.Empty)}"));
        output.WriteLine(string.Create(culture, $"seed         {saved.Result.Seed}"));
        output.WriteLine($"device       {pipeline.DeviceName}");
        foreach (StageTiming timing in saved.Timings.Where(t => t.Stage != GenerationStage.Queued))
        {
            output.WriteLine(string.Create(culture, $"{Readable.Stage(timing.Stage),-19} {timing.Elapsed.TotalSeconds,8:0.00} s"));
        }

        output.WriteLine(string.Create(culture, $"{"all together",-19} {elapsed.TotalSeconds,8:0.00} s"));
        output.WriteLine($"peak memory  {Readable.Bytes(ProcessMemory.PeakBytes)}");
    }

    private static object Describe(SavedVideo saved, LtxPipeline pipeline, TimeSpan elapsed) => new
    {
        file = saved.Path,
        saved.ContentType,
        saved.FileSize,
        saved.Width,
        saved.Height,
        saved.NumFrames,
        fps = saved.FrameRate.FramesPerSecond,
        frame_rate = saved.FrameRate.ToString(),
        duration = Math.Round(saved.Result.Duration.TotalSeconds, 3),
        saved.HasAudio,
        saved.Result.Seed,
        saved.Result.Prompt,
        saved.Result.NegativePrompt,
        saved.Result.NumInferenceSteps,
        device = pipeline.DeviceName,
        seconds = saved.Timings.ToDictionary(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Stage.ToString()), t => Math.Round(t.Elapsed.TotalSeconds, 3), StringComparer.Ordinal),
        total_seconds = Math.Round(elapsed.TotalSeconds, 3),
        peak_memory_bytes = ProcessMemory.PeakBytes,
        saved.Result.Warnings,
    };
}
