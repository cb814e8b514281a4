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

    /// <summary>The start image: it becomes the first frame. Null (default) makes the clip from the prompt alone.</summary>
    public ImageSource? Image { get; init; }

    /// <summary>How firmly the first frame keeps to the start image, 0 … 1. Default 1: the frame is the image as the video VAE reproduces it.</summary>
    public double ImageStrength { get; init; } = 1;

    /// <summary>
    /// H.264 quality (CRF) of the round trip that the start image takes before it is encoded, 0 … 51; 0 switches it off. Default 33, as
    /// the model was trained: it animates compressed frames better than clean stills.
    /// </summary>
    public int ImageCrf { get; init; } = 33;

    /// <summary>Width in pixels: a multiple of 32. Default: the model folder's.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels: a multiple of 32. Default: the model folder's.</summary>
    public int? Height { get; init; }

    /// <summary>
    /// Number of frames, at least 1. The model makes 8n + 1 frames; other numbers are made up to the next of these and cut at the end.
    /// Default: the model folder's.
    /// </summary>
    public int? NumFrames { get; init; }

    /// <summary>Frames per second, 0.001 … 1000. Default: the model folder's.</summary>
    public double? Fps { get; init; }

    /// <summary>Number of denoising steps, 1 … 10,000. Default: the model folder's, or the only number that <see cref="SigmaSchedule"/> has.</summary>
    public int? NumInferenceSteps { get; init; }

    /// <summary>
    /// Scale of classifier-free guidance; 1 is off. With the preset <c>january-15</c> it counts for video and sound, with <c>january-29</c> for
    /// video. Default: the model folder's, or the preset's own where <see cref="GuidancePreset"/> is given.
    /// </summary>
    public double? GuidanceScale { get; init; }

    /// <summary>One of <see cref="GuidanceParameters.PresetNames"/>. Default: the model folder's.</summary>
    public string? GuidancePreset { get; init; }

    /// <summary>Every parameter of guidance, in place of <see cref="GuidanceScale"/> and <see cref="GuidancePreset"/>.</summary>
    public GuidanceParameters? Guidance { get; init; }

    /// <summary>Seed of the noise, any 64-bit integer (its low 32 bits count). Null (default) draws one, which the result reports.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the clip gets sound. Default true. Without sound nothing of it is computed.</summary>
    public bool GenerateAudio { get; init; } = true;

    /// <summary>How latents are advanced from one sigma to the next. Default: <see cref="EulerSampler"/>.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>The noise levels. Default: <see cref="LtxSigmaSchedule"/>, or the distilled list on a distilled checkpoint.</summary>
    public ISigmaSchedule? SigmaSchedule { get; init; }

    /// <summary>Own guidance, in place of all other guidance properties.</summary>
    public IGuider? Guider { get; init; }
}
