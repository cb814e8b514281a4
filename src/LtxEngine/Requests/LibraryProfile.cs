using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Requests;

/// <summary>
/// Every field that a request may have: all properties of <see cref="GenerationRequest"/> but the own guider, which only a program can give,
/// and what else the hosted endpoint takes. The one table that reading, writing and help texts go by.
/// </summary>
internal static class LibraryProfile
{
    /// <summary>The field that is no property of a request: how a server delivers the clip.</summary>
    public const string SyncMode = "sync_mode";

    /// <summary>Names of the kinds of video file.</summary>
    private static readonly ChoiceNames<VideoOutputType> OutputTypes = new(
        ("x264", LtxEngine.VideoOutputType.X264), ("vp9", LtxEngine.VideoOutputType.Vp9), ("prores4444", LtxEngine.VideoOutputType.ProRes4444), ("gif", LtxEngine.VideoOutputType.Gif));

    /// <summary>The table.</summary>
    public static RequestProfile Instance { get; } = new([.. Fields()]) { RefusesUnknownFields = true, HasLenientChoices = true };

    /// <summary>The same for flags of a command line, which hands the request on to the plan at once.</summary>
    public static RequestProfile ForFlags { get; } = Instance with { LeavesLimitsToPlan = true };

    private static IEnumerable<RequestField> Fields() => [.. Texts(), .. Images(), .. Sizes(), .. Denoising(), .. Guidance(), .. Loras(), .. Output()];

    private static IEnumerable<RequestField> Texts() =>
    [
        RequestField.Text("prompt", "What happens in the clip, sound included.", r => r.Prompt, (r, v) => r with { Prompt = v }) with
        {
            IsRequired = true, AllowsNull = false, MaximumLength = RequestLimits.MaxPromptLength,
        },
        RequestField.Text("negative_prompt", "What the clip should not look or sound like; by default the model folder's.", r => r.NegativePrompt, (r, v) => r with { NegativePrompt = v }) with
        {
            MaximumLength = RequestLimits.MaxPromptLength,
        },
        RequestField.Boolean(
            "enable_prompt_expansion", "Let the text model write a more detailed prompt first; by default what the model folder says.", r => r.EnablePromptExpansion, (r, v) => r with { EnablePromptExpansion = v }),
        RequestField.Boolean("enable_safety_checker", "Refuse prompts and pictures that must not be made.", r => r.EnableSafetyChecker, (r, v) => r with { EnableSafetyChecker = v }),
    ];

    private static IEnumerable<RequestField> Images() =>
    [
        RequestField.Image("image", "The start image: it becomes the first frame. Without it the clip comes from the prompt alone.", r => r.Image, (r, v) => r with { Image = v }) with
        {
            Aliases = ["image_url"],
        },
        Strength("image_strength", "How firmly the first frame keeps to the start image.", r => r.ImageStrength, (r, v) => r with { ImageStrength = v }),
        RequestField.Image("end_image", "The end image: the clip is led to it.", r => r.EndImage, (r, v) => r with { EndImage = v }) with { Aliases = ["end_image_url"] },
        Strength("end_image_strength", "How firmly the clip keeps to the end image.", r => r.EndImageStrength, (r, v) => r with { EndImageStrength = v }),
        RequestField.Structure(
            "images", "Images at frames of the clip, with their strengths.", FrameImageValue.Allowed, FrameImageValue.ReadList, (r, describe) => FrameImageValue.Write(r.Images, describe), (r, v) => r with { Images = v }),
        RequestField.Choice(
            "interpolation_direction",
            "Whether the clip runs from the start image to the end image, or the other way round.",
            ChoiceNames<InterpolationDirection>.Kebab,
            r => r.InterpolationDirection,
            (r, v) => r with { InterpolationDirection = v }),
        RequestField.Choice(
            "keyframe_time_extent",
            "How long images behind the first frame last; eight frames as in the model's first release.",
            ChoiceNames<KeyframeTimeExtent>.Kebab,
            r => r.KeyframeTimeExtent,
            (r, v) => r with { KeyframeTimeExtent = v }),
        RequestField.Integer("image_crf", "H.264 compression of every image before it is encoded; 0 is off.", r => r.ImageCrf, (r, v) => r with { ImageCrf = (int)v }) with
        {
            Minimum = 0, Maximum = RequestLimits.MaxCrf, AllowedText = $"0 (off) … {RequestLimits.MaxCrf}",
        },
    ];

    private static IEnumerable<RequestField> Sizes() =>
    [
        RequestField.Boolean("use_multiscale", "Make the clip in two stages: at half the width and height, then upscaled and refined.", r => r.UseMultiscale, (r, v) => r with { UseMultiscale = v }),
        RequestField.Structure(
            "video_size",
            "Width and height in one: auto (the picture's aspect ratio), a name, or both sides.",
            $"{string.Join(", ", VideoSize.Names)}, WIDTHxHEIGHT or {{\"width\": …, \"height\": …}}",
            (value, path, reader) => VideoSize.Read(value, path, reader, RequestLimits.MaxSide),
            (_, _) => null,
            (r, v) => r with { SizeFromImage = v.IsAuto, Width = v.Width, Height = v.Height }),
        RequestField.Integer("width", "Width in pixels; odd sides become even. By default the model folder's.", r => r.Width, (r, v) => r with { Width = (int)v, SizeFromImage = false }) with
        {
            Minimum = RequestLimits.MinSide, Maximum = RequestLimits.MaxSide, AllowedText = $"{RequestLimits.MinSide} … {RequestLimits.MaxSide} pixels",
        },
        RequestField.Integer("height", "Height in pixels, as the width.", r => r.Height, (r, v) => r with { Height = (int)v, SizeFromImage = false }) with
        {
            Minimum = RequestLimits.MinSide, Maximum = RequestLimits.MaxSide, AllowedText = $"{RequestLimits.MinSide} … {RequestLimits.MaxSide} pixels",
        },
        RequestField.Boolean(
            "size_from_image",
            "Take the aspect ratio from the picture, at about the area the model folder is made for; the same as video_size auto.",
            r => r.SizeFromImage ? true : null,
            (r, v) => v ? r with { SizeFromImage = true, Width = null, Height = null } : r with { SizeFromImage = false }),
        RequestField.Integer("num_frames", "Number of frames. By default the model folder's.", r => r.NumFrames, (r, v) => r with { NumFrames = (int)v }) with
        {
            Minimum = 1, Maximum = RequestLimits.MaxFrames,
        },
        RequestField.Number("fps", "Frames per second. By default the model folder's.", r => r.Fps, (r, v) => r with { Fps = v }) with
        {
            Minimum = RequestLimits.MinFps, Maximum = RequestLimits.MaxFps, AllowedText = $"0.001 … {RequestLimits.MaxFps} frames per second",
        },
    ];

    private static IEnumerable<RequestField> Denoising() =>
    [
        RequestField.Integer(
            "num_inference_steps", "Number of denoising steps; of the first stage where there are two. By default the model folder's.", r => r.NumInferenceSteps, (r, v) => r with { NumInferenceSteps = (int)v }) with
        {
            Minimum = 1, Maximum = RequestLimits.MaxSteps,
        },
        RequestField.Structure<ISampler>(
            "sampler", "How latents are advanced from one noise level to the next.", SamplerValue.Allowed, SamplerValue.Read, (r, _) => SamplerValue.Write(r.Sampler), (r, v) => r with { Sampler = v }),
        RequestField.Structure<ISigmaSchedule>(
            "sigma_schedule",
            "The noise levels of the first stage: a name or the sigmas themselves.",
            SigmaScheduleValue.Allowed,
            SigmaScheduleValue.Read,
            (r, _) => SigmaScheduleValue.Write(r.SigmaSchedule),
            (r, v) => r with { SigmaSchedule = v }),
        RequestField.Choice(
            "acceleration",
            "How much denoising work is saved by reusing earlier steps.",
            ChoiceNames<AccelerationLevel>.Kebab,
            r => r.Acceleration,
            (r, v) => r with { Acceleration = v }),
        RequestField.Integer("seed", "Seed of the noise, any 64-bit integer; drawn and reported when it is not given.", r => r.Seed, (r, v) => r with { Seed = v }),
    ];

    private static IEnumerable<RequestField> Guidance() =>
    [
        RequestField.Number("guidance_scale", "Classifier-free guidance; 1 is off. By default the model folder's.", r => r.GuidanceScale, (r, v) => r with { GuidanceScale = v }),
        RequestField.Text("guidance_preset", "Guidance of a published pipeline. By default the model folder's.", r => r.GuidancePreset, (r, v) => r with { GuidancePreset = v }) with
        {
            Kind = FieldKind.Choice, Choices = GuidanceParameters.PresetNames,
        },
        RequestField.Number("audio_guidance_scale", "Classifier-free guidance of the sound. By default what preset and scale give.", r => r.AudioGuidanceScale, (r, v) => r with { AudioGuidanceScale = v }),
        RequestField.Number("stg_scale", "Spatio-temporal guidance; 0 is off. By default the preset's, like all that follow.", r => r.StgScale, (r, v) => r with { StgScale = v }),
        RequestField.Structure(
            "stg_blocks", "Blocks whose self-attention is perturbed for it.", "blocks of the model from 0, such as 10,29", GuidanceValue.ReadBlocks, (r, _) => GuidanceValue.WriteBlocks(r.StgBlocks), (r, v) => r with { StgBlocks = v }),
        RequestField.Choice("stg_mode", "What a perturbed self-attention does.", ChoiceNames<StgMode>.Kebab, r => r.StgMode, (r, v) => r with { StgMode = v }),
        RequestField.Number("modality_scale", "Guidance away from a clip whose video and sound do not know each other; 1 is off.", r => r.ModalityScale, (r, v) => r with { ModalityScale = v }),
        RequestField.Number("rescale_scale", "How far the spread of the guided prediction is brought back; 0 is off.", r => r.RescaleScale, (r, v) => r with { RescaleScale = v }) with
        {
            Minimum = 0, Maximum = 1, AllowedText = "0 (off) … 1",
        },
        RequestField.Integer("guidance_skip_step", "Steps after each computed one that reuse its guided prediction.", r => r.GuidanceSkipStep, (r, v) => r with { GuidanceSkipStep = (int)v }) with
        {
            Minimum = 0, Maximum = RequestLimits.MaxSkippedSteps,
        },
        RequestField.Choice("cfg_variant", "How the prediction with the negative prompt enters.", GuidanceValue.CfgVariants, r => r.CfgVariant, (r, v) => r with { CfgVariant = v }),
        RequestField.Number("apg_eta", "With apg: weight of the part of the guidance along the prediction.", r => r.ApgEta, (r, v) => r with { ApgEta = v }),
        RequestField.Number("apg_norm_threshold", "With apg: longest guidance vector; 0 is no limit.", r => r.ApgNormThreshold, (r, v) => r with { ApgNormThreshold = v }) with
        {
            Minimum = 0, Maximum = double.MaxValue, AllowedText = "0 (no limit) or more",
        },
        RequestField.Structure(
            "guidance",
            "Every parameter of guidance, in place of preset, scales and all other single ones.",
            GuidanceValue.Allowed,
            GuidanceValue.Read,
            (r, _) => GuidanceValue.Write(r.Guidance),
            (r, v) => r with { Guidance = v }),
    ];

    private static IEnumerable<RequestField> Loras() =>
    [
        RequestField.Structure("loras", "LoRA files with their strengths (1 if not given).", LoraValue.Allowed, LoraValue.ReadList, (r, _) => LoraValue.Write(r.Loras), (r, v) => r with { Loras = v }),
        RequestField.Text("camera_lora", "A camera LoRA of the model folder, such as dolly_in.", r => r.CameraLora, (r, v) => r with { CameraLora = v }) with
        {
            AllowedText = "none, or the name of a camera LoRA of the model folder", MaximumLength = 200,
        },
        RequestField.Number("camera_lora_scale", "Strength of the camera LoRA.", r => r.CameraLoraScale, (r, v) => r with { CameraLoraScale = v }),
        RequestField.Number(
            "distilled_lora_strength", "Strength of the distilled LoRA in the second of two stages. By default the model folder's.", r => r.DistilledLoraStrength, (r, v) => r with { DistilledLoraStrength = v }),
        RequestField.Choice("lora_mode", "Whether LoRAs are added to the weights, or computed beside them, which changes sets quickly.", ChoiceNames<LoraMode>.Kebab, r => r.LoraMode, (r, v) => r with { LoraMode = v }),
        RequestField.Choice(
            "lora_rounding", "The precision in which LoRAs are added; brain-float as the original code rounds.", ChoiceNames<LoraRounding>.Kebab, r => r.LoraRounding, (r, v) => r with { LoraRounding = v }),
    ];

    private static IEnumerable<RequestField> Output() =>
    [
        RequestField.Boolean("generate_audio", "Whether the clip gets sound.", r => r.GenerateAudio, (r, v) => r with { GenerateAudio = v }),
        RequestField.Choice("video_output_type", "Kind of file. By default the file's ending decides.", OutputTypes, r => r.VideoOutputType, (r, v) => r with { VideoOutputType = v }),
        RequestField.Choice("video_quality", "How close the file stays to the frames.", ChoiceNames<VideoQuality>.Kebab, r => r.VideoQuality, (r, v) => r with { VideoQuality = v }),
        RequestField.Choice("video_write_mode", "What the encoder spends time on.", ChoiceNames<VideoWriteMode>.Kebab, r => r.VideoWriteMode, (r, v) => r with { VideoWriteMode = v }),
        RequestField.Boolean(SyncMode, "How a server delivers the clip: inside its answer. Means nothing elsewhere.", _ => null, (r, _) => r) with { IsRunOption = true },
        RequestField.Boolean("previews", "Whether progress carries small pictures of the clip.", r => r.Previews, (r, v) => r with { Previews = v }) with { IsRunOption = true },
        RequestField.Text("checkpoint_directory", "Folder in which each step is saved, so that an interrupted request continues.", r => r.CheckpointDirectory, (r, v) => r with { CheckpointDirectory = v }) with
        {
            Aliases = ["checkpoint_dir"], AllowedText = "a folder", IsRunOption = true,
        },
    ];

    private static RequestField Strength(string name, string description, Func<GenerationRequest, double?> get, Func<GenerationRequest, double, GenerationRequest> set) =>
        RequestField.Number(name, description, get, set) with { Minimum = 0, Maximum = 1 };
}
