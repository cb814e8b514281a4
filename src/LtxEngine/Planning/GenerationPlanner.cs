using System.Security.Cryptography;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Planning;

/// <summary>Checks a request against a model, once and completely, and fills in every default. Reads no file.</summary>
internal static class GenerationPlanner
{
    /// <summary>Longest side that encoders and decoders commonly take.</summary>
    private const int MaxSide = 16384;

    /// <summary>Most frames of a clip; over an hour at 24 frames per second, so memory is what limits a clip.</summary>
    private const int MaxFrames = 100_000;

    private const int MaxSteps = 10_000;

    /// <summary>Makes the plan of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model that is to run it.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed.</exception>
    public static GenerationPlan Create(GenerationRequest request, ModelProfile model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ErrorList errors = new();
        List<string> warnings = [];
        ModelDefaults defaults = model.Defaults;
        errors.Require(request.Prompt is not null, "prompt", null, "a text, which may be empty");
        errors.Require(request.ImageStrength is >= 0 and <= 1, "image_strength", request.ImageStrength, "0 … 1");
        errors.Require(request.ImageCrf is >= 0 and <= 51, "image_crf", request.ImageCrf, "0 (off) … 51");
        int width = Side(request.Width ?? defaults.Width, "width", model, errors);
        int height = Side(request.Height ?? defaults.Height, "height", model, errors);
        int frames = request.NumFrames ?? defaults.NumFrames;
        errors.Require(frames is >= 1 and <= MaxFrames, "num_frames", frames, $"1 … {MaxFrames}");
        double fps = request.Fps ?? defaults.Fps;
        errors.Require(fps is >= 0.001 and <= 1000, "fps", fps, "0.001 … 1000 frames per second");
        ISigmaSchedule schedule = request.SigmaSchedule ?? DefaultSchedule(request, model, warnings);
        int steps = request.NumInferenceSteps ?? schedule.FixedSteps ?? defaults.NumInferenceSteps;
        errors.Require(steps is >= 1 and <= MaxSteps, "num_inference_steps", steps, $"1 … {MaxSteps}");
        errors.Require(
            schedule.FixedSteps is null || schedule.FixedSteps == steps, "num_inference_steps", steps, $"{schedule.FixedSteps}, the only number that this sigma schedule has");
        IGuider? guider = Guidance(request, model, errors, warnings, out bool usesNegative);
        VideoLatentShape? video = VideoShape(width, height, frames, model, errors);
        AudioLatentShape? audio = AudioShape(request, frames, fps, model, errors, warnings);
        double[]? sigmas = errors.Has("num_inference_steps") || video is null ? null : Sigmas(schedule, steps, video, errors);
        errors.ThrowIfAny();
        return new GenerationPlan
        {
            Prompt = request.Prompt!,
            NegativePrompt = usesNegative ? request.NegativePrompt ?? defaults.NegativePrompt : null,
            ImageStrength = request.ImageStrength,
            Width = width,
            Height = height,
            NumFrames = frames,
            FrameRate = FrameRate.FromDouble(fps),
            Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
            Stage = new DenoiseStage
            {
                VideoShape = video!,
                AudioShape = audio,
                AudioTiming = model.AudioTiming,
                Fps = fps,
                Sigmas = sigmas!,
                Sampler = request.Sampler ?? new EulerSampler(),
                Guider = guider!,
            },
            Warnings = warnings,
        };
    }

    private static int Side(int value, string field, ModelProfile model, ErrorList errors)
    {
        int multiple = model.Scale.Pixels;
        int smallest = model.SmallestCells * multiple;
        int below = Math.Clamp(value / multiple * multiple, smallest, MaxSide / multiple * multiple);
        errors.Require(
            value >= smallest && value <= MaxSide && value % multiple == 0, field, value, $"a multiple of {multiple} from {smallest} to {MaxSide}, for example {below}");
        return value;
    }

    private static ISigmaSchedule DefaultSchedule(GenerationRequest request, ModelProfile model, List<string> warnings)
    {
        if (!model.IsDistilled)
        {
            return new LtxSigmaSchedule();
        }

        int steps = FixedSigmaSchedule.DistilledStage1.FixedSteps!.Value;
        if (request.NumInferenceSteps is null || request.NumInferenceSteps == steps)
        {
            return FixedSigmaSchedule.DistilledStage1;
        }

        warnings.Add($"A distilled checkpoint was trained for {steps} steps at fixed noise levels; {request.NumInferenceSteps} steps use the schedule of undistilled checkpoints.");
        return new LtxSigmaSchedule();
    }

    private static double[]? Sigmas(ISigmaSchedule schedule, int steps, VideoLatentShape video, ErrorList errors)
    {
        try
        {
            double[] sigmas = schedule.GetSigmas(steps, video.TokenCount);
            SigmaList.Validate(sigmas, "sigma_schedule");
            return sigmas;
        }
        catch (ArgumentException exception)
        {
            errors.Require(false, "sigma_schedule", schedule.GetType().Name, "a schedule whose sigmas fall strictly from at most 1 (" + exception.Message + ")");
            return null;
        }
    }

    private static IGuider? Guidance(GenerationRequest request, ModelProfile model, ErrorList errors, List<string> warnings, out bool usesNegative)
    {
        usesNegative = true;
        double? scale = request.GuidanceScale;
        string? preset = request.GuidancePreset;
        errors.Require(scale is null || double.IsFinite(scale.Value), "guidance_scale", scale, "a finite number; 1 is off");
        bool presetKnown = errors.Require(
            preset is null || GuidanceParameters.PresetNames.Contains(preset, StringComparer.Ordinal), "guidance_preset", preset, string.Join(", ", GuidanceParameters.PresetNames));
        if (request.Guider is not null || request.Guidance is not null)
        {
            errors.Require(scale is null, "guidance_scale", scale, "null beside own guidance, which sets every scale itself");
            errors.Require(preset is null, "guidance_preset", preset, "null beside own guidance, which sets every scale itself");
            errors.Require(request.Guider is null || request.Guidance is null, "guidance", "set", "null beside an own guider, which sets every scale itself");
        }

        if (request.Guider is { } own)
        {
            return own;
        }

        if (!presetKnown || errors.Has("guidance_scale"))
        {
            return null;
        }

        try
        {
            GuidanceParameters parameters = request.Guidance ?? FromPreset(scale, preset, model, warnings);
            parameters.Validate();
            CheckBlocks(parameters, model, errors);
            usesNegative = parameters.UsesNegative;
            return errors.Has("guidance") ? null : new MultiModalGuider(parameters);
        }
        catch (ArgumentException exception)
        {
            errors.Require(false, request.Guidance is null ? "guidance_preset" : "guidance", request.Guidance is null ? model.Defaults.GuidancePreset : "set", exception.Message);
            return null;
        }
    }

    private static GuidanceParameters FromPreset(double? scale, string? preset, ModelProfile model, List<string> warnings)
    {
        if (model.IsDistilled)
        {
            if (scale is not null || preset is not (null or "distilled"))
            {
                warnings.Add("The checkpoint is a distilled one, which has no guidance: guidance_scale and guidance_preset are ignored.");
            }

            return GuidanceParameters.Distilled;
        }

        // The folder's scale belongs to the folder's preset: choosing another preset means that preset's own scale.
        scale ??= preset is null || string.Equals(preset, model.Defaults.GuidancePreset, StringComparison.Ordinal) ? model.Defaults.GuidanceScale : null;
        preset ??= model.Defaults.GuidancePreset;
        GuidanceParameters parameters = GuidanceParameters.FromPreset(preset, model.Layers);
        if (scale is null)
        {
            return parameters;
        }

        // January 15 has one scale for everything; the later preset has its own for sound, which stays.
        return string.Equals(preset, "january-29", StringComparison.Ordinal)
            ? parameters with { Video = parameters.Video with { CfgScale = scale.Value } }
            : GuidanceParameters.ForCfg(scale.Value);
    }

    private static void CheckBlocks(GuidanceParameters parameters, ModelProfile model, ErrorList errors)
    {
        foreach (int block in parameters.Video.StgBlocks.Concat(parameters.Audio.StgBlocks).Distinct().Where(b => b >= model.Layers))
        {
            errors.Require(false, "guidance", block, $"STG blocks 0 … {model.Layers - 1} of this model");
        }
    }

    private static VideoLatentShape? VideoShape(int width, int height, int frames, ModelProfile model, ErrorList errors)
    {
        if (errors.Has("width") || errors.Has("height") || errors.Has("num_frames"))
        {
            return null;
        }

        int scale = model.Scale.Frames;
        int generated = ((frames - 1 + scale - 1) / scale * scale) + 1;
        try
        {
            return VideoLatentShape.FromClip(model.VideoLatentChannels, generated, height, width, model.Scale);
        }
        catch (ArgumentException)
        {
            errors.Require(false, "num_frames", frames, $"fewer frames at {width} × {height}: the latent must have less than 2³¹ values");
            return null;
        }
    }

    private static AudioLatentShape? AudioShape(GenerationRequest request, int frames, double fps, ModelProfile model, ErrorList errors, List<string> warnings)
    {
        if (!request.GenerateAudio || errors.Has("num_frames") || errors.Has("fps"))
        {
            return null;
        }

        if (!model.HasAudio)
        {
            warnings.Add("The checkpoint is a video-only one: the clip has no sound.");
            return null;
        }

        try
        {
            int scale = model.Scale.Frames;
            int generated = ((frames - 1 + scale - 1) / scale * scale) + 1;
            int latents = model.AudioTiming.LatentFrames(generated, fps);
            if (latents == 0)
            {
                warnings.Add("The clip is too short for sound: it has none.");
                return null;
            }

            return new AudioLatentShape(model.AudioLatentChannels, latents, model.AudioLatentBins);
        }
        catch (ArgumentException)
        {
            errors.Require(false, "num_frames", frames, $"fewer frames at {fps} frames per second: the sound must have less than 2³¹ values");
            return null;
        }
    }
}
