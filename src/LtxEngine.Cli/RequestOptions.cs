using System.CommandLine;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Cli;

/// <summary>The options that describe a request: one for each of its fields, for every command that takes a request.</summary>
internal sealed class RequestOptions
{
    private readonly Option<string?> _prompt = new("--prompt") { Description = "What happens in the clip, sound included.", HelpName = "TEXT" };
    private readonly Option<FileInfo?> _image = new("--image") { Description = "The start image: it becomes the first frame. Without it the clip comes from the prompt alone.", HelpName = "FILE" };
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
    private readonly Option<bool> _sizeFromImage = new("--size-from-image") { Description = "Take the aspect ratio from the picture, at about the area the model folder is made for.", HelpName = "true|false" };
    private readonly Option<bool?> _enablePromptExpansion = new("--enable-prompt-expansion") { Description = "Let the text model write a more detailed prompt first.", HelpName = "true|false" };
    private readonly Option<bool> _enableSafetyChecker = new("--enable-safety-checker") { Description = "Refuse prompts and pictures that must not be made.", HelpName = "true|false" };
    private readonly Option<AccelerationLevel> _acceleration = new("--acceleration") { Description = "none, regular, high or full: how much denoising work is saved by reusing earlier steps.", HelpName = "LEVEL", CustomParser = KebabEnum.Parse<AccelerationLevel>, DefaultValueFactory = _ => AccelerationLevel.None };
    private readonly Option<LoraMode> _loraMode = new("--lora-mode") { Description = "fused, or applied: computed beside the weights, which changes sets quickly.", HelpName = "MODE", CustomParser = KebabEnum.Parse<LoraMode>, DefaultValueFactory = _ => LoraMode.Fused };
    private readonly Option<LoraRounding> _loraRounding = new("--lora-rounding") { Description = "single, or brain-float as the original code rounds.", HelpName = "MODE", CustomParser = KebabEnum.Parse<LoraRounding>, DefaultValueFactory = _ => LoraRounding.Single };
    private readonly Option<VideoOutputType?> _videoOutputType = new("--video-output-type") { Description = "x264, vp9, prores4444 or gif. By default the file's ending decides.", HelpName = "TYPE", CustomParser = VideoOutputTypeArgument.Parse };
    private readonly Option<VideoQuality> _videoQuality = new("--video-quality") { Description = "low, medium, high or maximum.", HelpName = "NAME", CustomParser = KebabEnum.Parse<VideoQuality>, DefaultValueFactory = _ => VideoQuality.High };
    private readonly Option<VideoWriteMode> _videoWriteMode = new("--video-write-mode") { Description = "fast, balanced or small.", HelpName = "NAME", CustomParser = KebabEnum.Parse<VideoWriteMode>, DefaultValueFactory = _ => VideoWriteMode.Balanced };
    private readonly Option<DirectoryInfo?> _checkpointDir = new("--checkpoint-dir") { Description = "Folder in which each step is saved, so that an interrupted request continues.", HelpName = "DIR" };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        _prompt.Required = true;
        Option[] options =
        [
            _prompt, _image, _imageStrength, _endImage, _endImageStrength, _frameImages, _interpolationDirection, _keyframeTimeExtent, _imageCrf,
            _negativePrompt, _enablePromptExpansion, _enableSafetyChecker, _useMultiscale, _width, _height, _sizeFromImage, _numFrames, _fps, _steps,
            _guidanceScale, _guidancePreset, _acceleration, _loras, _cameraLora, _cameraLoraScale, _loraMode, _loraRounding, _seed, _generateAudio,
            _videoOutputType, _videoQuality, _videoWriteMode, _checkpointDir,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>Lets another option take the place of the prompt.</summary>
    /// <param name="command">The command.</param>
    /// <param name="from">The option that names a stored request.</param>
    public void TakePromptFrom(Command command, Option from)
    {
        _prompt.Required = false;
        command.Validators.Add(result =>
        {
            if (result.GetResult(_prompt) is null && result.GetResult(from) is null)
            {
                result.AddError("Option '--prompt' is required.");
            }
        });
    }

    /// <summary>Reads the request.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="from">A request whose values count where a flag is not given; null for the defaults.</param>
    public GenerationRequest Read(ParseResult parsed, GenerationRequest? from = null)
    {
        GenerationRequest stored = from ?? new GenerationRequest { Prompt = string.Empty };
        return stored with
        {
            Prompt = Pick(parsed, _prompt, stored.Prompt)!,
            NegativePrompt = Pick(parsed, _negativePrompt, stored.NegativePrompt),
            Image = parsed.GetValue(_image) is { } image ? ImageSource.FromFile(image.ToString()) : stored.Image,
            ImageStrength = Pick(parsed, _imageStrength, stored.ImageStrength),
            EndImage = parsed.GetValue(_endImage) is { } endImage ? ImageSource.FromFile(endImage.ToString()) : stored.EndImage,
            EndImageStrength = Pick(parsed, _endImageStrength, stored.EndImageStrength),
            Images = Pick(parsed, _frameImages, [.. stored.Images]),
            InterpolationDirection = Pick(parsed, _interpolationDirection, stored.InterpolationDirection),
            KeyframeTimeExtent = Pick(parsed, _keyframeTimeExtent, stored.KeyframeTimeExtent),
            UseMultiscale = Pick(parsed, _useMultiscale, stored.UseMultiscale),
            Loras = Pick(parsed, _loras, [.. stored.Loras]),
            CameraLora = Pick(parsed, _cameraLora, stored.CameraLora),
            CameraLoraScale = Pick(parsed, _cameraLoraScale, stored.CameraLoraScale),
            ImageCrf = Pick(parsed, _imageCrf, stored.ImageCrf),
            Width = Pick(parsed, _width, stored.Width),
            Height = Pick(parsed, _height, stored.Height),
            NumFrames = Pick(parsed, _numFrames, stored.NumFrames),
            Fps = Pick(parsed, _fps, stored.Fps),
            NumInferenceSteps = Pick(parsed, _steps, stored.NumInferenceSteps),
            GuidanceScale = Pick(parsed, _guidanceScale, stored.GuidanceScale),
            GuidancePreset = Pick(parsed, _guidancePreset, stored.GuidancePreset),
            Seed = Pick(parsed, _seed, stored.Seed),
            GenerateAudio = Pick(parsed, _generateAudio, stored.GenerateAudio),
            SizeFromImage = Pick(parsed, _sizeFromImage, stored.SizeFromImage),
            EnablePromptExpansion = Pick(parsed, _enablePromptExpansion, stored.EnablePromptExpansion),
            EnableSafetyChecker = Pick(parsed, _enableSafetyChecker, stored.EnableSafetyChecker),
            Acceleration = Pick(parsed, _acceleration, stored.Acceleration),
            LoraMode = Pick(parsed, _loraMode, stored.LoraMode),
            LoraRounding = Pick(parsed, _loraRounding, stored.LoraRounding),
            VideoOutputType = Pick(parsed, _videoOutputType, stored.VideoOutputType),
            VideoQuality = Pick(parsed, _videoQuality, stored.VideoQuality),
            VideoWriteMode = Pick(parsed, _videoWriteMode, stored.VideoWriteMode),
            CheckpointDirectory = parsed.GetValue(_checkpointDir)?.ToString(),
        };
    }

    private static T Pick<T>(ParseResult parsed, Option<T> option, T stored) =>
        parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option)! : stored;
}
