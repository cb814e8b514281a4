using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine;

/// <summary>
/// One clip to make: immutable, and checked once as a whole when it is handed to <see cref="LtxPipeline.GenerateAsync"/>
/// (every field that cannot be used is reported by one <see cref="InvalidRequestException"/>).
/// A property that is null takes the default of the model folder (<see cref="ModelDefaults"/>).
/// </summary>
public sealed record GenerationRequest
{
    /// <summary>What happens in the clip, sound included. May be empty.</summary>
    public required string Prompt { get; init; }

    /// <summary>What the clip should not look or sound like; used where guidance needs it. Default: the model folder's.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>
    /// Whether the text model writes a more detailed prompt from <see cref="Prompt"/> first. Null (default): the model folder's, or false.
    /// </summary>
    public bool? EnablePromptExpansion { get; init; }

    /// <summary>Whether prompt, images and frames are checked for what must not be made. Default false.</summary>
    public bool EnableSafetyChecker { get; init; }

    /// <summary>The start image: it becomes the first frame. Null (default) makes the clip from the prompt alone.</summary>
    public ImageSource? Image { get; init; }

    /// <summary>How firmly the first frame keeps to the start image, 0 … 1. Default 1: the frame is the image as the video VAE reproduces it.</summary>
    public double ImageStrength { get; init; } = 1;

    /// <summary>
    /// The end image: the clip is led to it, so that its last frame looks like it. It is shown to the model as a further frame beside the
    /// clip's own; nothing of the clip is replaced. Null (default) leaves the end open.
    /// </summary>
    public ImageSource? EndImage { get; init; }

    /// <summary>How firmly the clip keeps to the end image, 0 … 1. Default 1.</summary>
    public double EndImageStrength { get; init; } = 1;

    /// <summary>Whether the clip runs from the start image to the end image (default) or the other way round.</summary>
    public InterpolationDirection InterpolationDirection { get; init; } = InterpolationDirection.Forward;

    /// <summary>Images at further frames, in any order; each frame takes one image. Default: none.</summary>
    public IReadOnlyList<FrameImage> Images { get; init; } = [];

    /// <summary>
    /// How long an image other than that of the first frame lasts on the model's time axis. Default: one frame. Eight frames is what the
    /// model's first release did.
    /// </summary>
    public KeyframeTimeExtent KeyframeTimeExtent { get; init; } = KeyframeTimeExtent.OneFrame;

    /// <summary>
    /// H.264 quality (CRF) of the round trip that every image takes before it is encoded, 0 … 51; 0 switches it off. Default 33, as
    /// the model was trained: it animates compressed frames better than clean stills.
    /// </summary>
    public int ImageCrf { get; init; } = 33;

    /// <summary>
    /// Whether the clip is made in two stages: at half the width and height with all steps, then upscaled and refined in 3 more. Faster at
    /// large sizes. Needs a spatial upscaler in the model folder and, unless the checkpoint is a distilled one or the folder says
    /// <c>stage_2_weights: base</c>, the distilled LoRA. Default false.
    /// </summary>
    public bool UseMultiscale { get; init; }

    /// <summary>
    /// Width in pixels, 16 … 16384; odd sides become even. The model makes multiples of 32 (with <see cref="UseMultiscale"/> of 64): other
    /// sizes are made at the next of these, and the middle is kept. Default: the model folder's.
    /// </summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels, as <see cref="Width"/>.</summary>
    public int? Height { get; init; }

    /// <summary>
    /// Whether the size follows the picture: its aspect ratio at about the area that the model folder is made for. Needs an image;
    /// <see cref="Width"/> and <see cref="Height"/> must be null. Default false.
    /// </summary>
    public bool SizeFromImage { get; init; }

    /// <summary>
    /// Number of frames, at least 1. The model makes 8n + 1 frames; other numbers are made up to the next of these and cut at the end.
    /// Default: the model folder's.
    /// </summary>
    public int? NumFrames { get; init; }

    /// <summary>Frames per second, 0.001 … 1000. Default: the model folder's.</summary>
    public double? Fps { get; init; }

    /// <summary>Number of denoising steps, 1 … 10,000; of the first stage where there are two. Default: the model folder's, or the only number that <see cref="SigmaSchedule"/> has.</summary>
    public int? NumInferenceSteps { get; init; }

    /// <summary>
    /// Scale of classifier-free guidance; 1 is off. With the preset <c>january-15</c> it counts for video and sound, with <c>january-29</c> for
    /// video. Default: the model folder's, or the preset's own where <see cref="GuidancePreset"/> is given.
    /// </summary>
    public double? GuidanceScale { get; init; }

    /// <summary>One of <see cref="GuidanceParameters.PresetNames"/>. Default: the model folder's.</summary>
    public string? GuidancePreset { get; init; }

    /// <summary>Scale of classifier-free guidance of the sound. Default: what the preset and <see cref="GuidanceScale"/> give.</summary>
    public double? AudioGuidanceScale { get; init; }

    /// <summary>Scale of spatio-temporal guidance (STG) of video and sound; 0 is off. Default: the preset's.</summary>
    public double? StgScale { get; init; }

    /// <summary>Blocks, from 0, whose self-attention STG perturbs. Default: the preset's, or the model's usual one where the preset has none.</summary>
    public IReadOnlyList<int>? StgBlocks { get; init; }

    /// <summary>What a perturbed self-attention does. Default: the preset's.</summary>
    public StgMode? StgMode { get; init; }

    /// <summary>Scale of the guidance away from a clip whose video and sound do not attend to each other; 1 is off. Default: the preset's.</summary>
    public double? ModalityScale { get; init; }

    /// <summary>How far the spread of the guided prediction is brought back to that of the unguided one, 0 (off) … 1. Default: the preset's.</summary>
    public double? RescaleScale { get; init; }

    /// <summary>Steps after each computed one that reuse its guided prediction, 0 … 1,000,000. Default: the preset's, which is 0.</summary>
    public int? GuidanceSkipStep { get; init; }

    /// <summary>How the prediction with the negative prompt enters. Default: the preset's, plain classifier-free guidance.</summary>
    public CfgVariant? CfgVariant { get; init; }

    /// <summary>Weight of the part of the guidance along the prediction, with <see cref="Diffusion.Guidance.CfgVariant.AdaptiveProjected"/>. Default 1.</summary>
    public double? ApgEta { get; init; }

    /// <summary>Longest guidance vector, at least 0, with <see cref="Diffusion.Guidance.CfgVariant.AdaptiveProjected"/>; 0 (default) is no limit.</summary>
    public double? ApgNormThreshold { get; init; }

    /// <summary>Every parameter of guidance, in place of preset, scales and all other single ones.</summary>
    public GuidanceParameters? Guidance { get; init; }

    /// <summary>LoRAs on the transformer's weights, in both stages, added in this order. Default: none.</summary>
    public IReadOnlyList<LoraUse> Loras { get; init; } = [];

    /// <summary>
    /// Name of a camera LoRA of the model folder, such as <c>dolly_in</c>; it is added before <see cref="Loras"/>. Null (default) or
    /// <c>none</c> for no camera movement.
    /// </summary>
    public string? CameraLora { get; init; }

    /// <summary>Strength of the camera LoRA. Default 1.</summary>
    public double CameraLoraScale { get; init; } = 1;

    /// <summary>
    /// Strength of the distilled LoRA in the second stage of <see cref="UseMultiscale"/>, where the model folder has one. Default: the model
    /// folder's, normally 1; the examples of the original code use 0.6 to 1.
    /// </summary>
    public double? DistilledLoraStrength { get; init; }

    /// <summary>Whether LoRAs are added to the weights (default) or computed beside them.</summary>
    public LoraMode LoraMode { get; init; } = LoraMode.Fused;

    /// <summary>The precision in which LoRAs are added to the weights. Default: fp32.</summary>
    public LoraRounding LoraRounding { get; init; } = LoraRounding.Single;

    /// <summary>How much denoising work is saved by reusing earlier steps. Default: none. Ignored with a warning on schedules of few steps.</summary>
    public AccelerationLevel Acceleration { get; init; } = AccelerationLevel.None;

    /// <summary>Seed of the noise, any 64-bit integer (its low 32 bits count). Null (default) draws one, which the result reports.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the clip gets sound. Default true. Without sound nothing of it is computed.</summary>
    public bool GenerateAudio { get; init; } = true;

    /// <summary>Kind of file. Null (default): what the file name's ending says.</summary>
    public VideoOutputType? VideoOutputType { get; init; }

    /// <summary>How close the file stays to the frames. Default: high.</summary>
    public VideoQuality VideoQuality { get; init; } = VideoQuality.High;

    /// <summary>What the encoder spends time on. Default: balanced.</summary>
    public VideoWriteMode VideoWriteMode { get; init; } = VideoWriteMode.Balanced;

    /// <summary>
    /// Whether progress carries a small picture of the clip after each denoising step (<see cref="GenerationProgress.Preview"/>). Takes time once per
    /// pipeline, when the first such request fits the picture to the model, and hardly any in a step. Never changes the result. Default false.
    /// </summary>
    public bool Previews { get; init; }

    /// <summary>
    /// Folder in which each denoising step is saved, of both stages, so that an interrupted request continues after the last of them with the
    /// same result, bit by bit; without a seed the one drawn first stays. Created where it does not exist; one request at a time. The file is
    /// removed when the request is done: with <see cref="LtxPipeline.GenerateToFileAsync"/> when the video is written, otherwise when the
    /// result is returned, and when the safety checker refuses it. A step of another request (other fields, images, LoRA or model files, device or engine version) is refused, a
    /// damaged one is replaced with a warning. Own samplers and guiders are told apart by type, build and <see cref="object.ToString"/>.
    /// Null (default): nothing is saved.
    /// </summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>How latents are advanced from one sigma to the next. Default: <see cref="EulerSampler"/>.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>The noise levels. Default: <see cref="LtxSigmaSchedule"/>, or the distilled list on a distilled checkpoint. A second stage has its own.</summary>
    public ISigmaSchedule? SigmaSchedule { get; init; }

    /// <summary>Own guidance, in place of all other guidance properties. A second stage has none.</summary>
    public IGuider? Guider { get; init; }
}
