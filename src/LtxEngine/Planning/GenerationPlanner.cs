using System.Security.Cryptography;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Requests;

namespace LtxEngine.Planning;

/// <summary>Checks a request against a model, once and completely, and fills in every default. Reads no file.</summary>
internal static partial class GenerationPlanner
{
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
        CheckText(request.Prompt, "prompt", isRequired: true, errors);
        CheckText(request.NegativePrompt, "negative_prompt", isRequired: false, errors);
        int frames = request.NumFrames ?? defaults.NumFrames;
        List<PlannedImage> images = Images(request, frames, errors);
        CheckTwoStages(request, model, errors);
        CheckAutoSize(request, errors);
        int width = Side(request.Width ?? defaults.Width, "width", errors, warnings);
        int height = Side(request.Height ?? defaults.Height, "height", errors, warnings);
        errors.Require(frames is >= 1 and <= RequestLimits.MaxFrames, "num_frames", frames, $"1 … {RequestLimits.MaxFrames}");
        double fps = request.Fps ?? defaults.Fps;
        errors.Require(fps is >= RequestLimits.MinFps and <= RequestLimits.MaxFps, "fps", fps, "0.001 … 1000 frames per second");
        ISigmaSchedule schedule = request.SigmaSchedule ?? DefaultSchedule(request, model, warnings);
        int steps = request.NumInferenceSteps ?? schedule.FixedSteps ?? defaults.NumInferenceSteps;
        errors.Require(steps is >= 1 and <= RequestLimits.MaxSteps, "num_inference_steps", steps, $"1 … {RequestLimits.MaxSteps}");
        errors.Require(
            schedule.FixedSteps is null || schedule.FixedSteps == steps, "num_inference_steps", steps, $"{schedule.FixedSteps}, the only number that this sigma schedule has");
        IGuider? guider = Guidance(request, model, errors, warnings, out bool usesNegative);
        AccelerationSettings? acceleration = Acceleration(request, steps, model, errors, warnings);
        List<LoraUse> loras = Loras(request, model, errors);
        VideoLatentShape? video = VideoShape(request, width, height, frames, model, errors);
        AudioLatentShape? audio = AudioShape(request, frames, fps, model, errors, warnings);
        VideoLatentShape? first = video is null || !request.UseMultiscale ? video : Half(video);
        double[]? sigmas = errors.Has("num_inference_steps") || first is null ? null : Sigmas(schedule, steps, first, errors);
        CheckOutput(request, errors);
        errors.ThrowIfAny();
        DenoiseStage stage = new()
        {
            VideoShape = first!,
            AudioShape = audio,
            AudioTiming = model.AudioTiming,
            Fps = fps,
            Sigmas = sigmas!,
            Sampler = request.Sampler ?? new EulerSampler(),
            Guider = guider!,
            Loras = loras,
            LoraMode = request.LoraMode,
            LoraRounding = request.LoraRounding,
            Acceleration = acceleration,
        };
        return new GenerationPlan
        {
            Prompt = request.Prompt!,
            OriginalPrompt = request.Prompt!,
            ChecksSafety = request.EnableSafetyChecker,
            ExpandsPrompt = request.EnablePromptExpansion ?? defaults.EnablePromptExpansion,
            NegativePrompt = usesNegative ? request.NegativePrompt ?? defaults.NegativePrompt : null,
            Images = images,
            KeyframeTimeExtent = request.KeyframeTimeExtent,
            Width = width,
            Height = height,
            NumFrames = frames,
            FrameRate = FrameRate.FromDouble(fps),
            Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
            Stage = stage,
            SecondStage = request.UseMultiscale ? SecondStage(request, stage, video!, model) : null,
            VideoOutputType = request.VideoOutputType,
            VideoQuality = request.VideoQuality,
            VideoWriteMode = request.VideoWriteMode,
            Warnings = warnings,
        };
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

    private static void CheckTwoStages(GenerationRequest request, ModelProfile model, ErrorList errors)
    {
        if (!request.UseMultiscale)
        {
            return;
        }

        errors.Require(
            model.HasSpatialUpscaler,
            "use_multiscale",
            true,
            "false, or a model folder with a spatial upscaler: put ltx-2-spatial-upscaler-x2-1.0.safetensors into it or name the file in ltx-model.json as files.spatial_upscaler");
        errors.Require(
            !model.SecondStageNeedsLora || model.DistilledLora is not null,
            "use_multiscale",
            true,
            "false, or a model folder with the distilled LoRA: put ltx-2-19b-distilled-lora-384.safetensors into it or name the file in ltx-model.json as files.distilled_lora; \"stage_2_weights\": \"base\" does without");
    }

    /// <summary>The second stage of the original: its own noise levels, no guidance, the distilled LoRA last.</summary>
    private static DenoiseStage SecondStage(GenerationRequest request, DenoiseStage first, VideoLatentShape video, ModelProfile model) => first with
    {
        Name = GenerationStage.Refining,
        VideoShape = video,
        Sigmas = [.. FixedSigmaSchedule.DistilledStage2.Sigmas],
        NoiseScale = FixedSigmaSchedule.DistilledStage2.Sigmas[0],
        Guider = new MultiModalGuider(GuidanceParameters.Distilled),
        Acceleration = null,
        Loras = model.SecondStageNeedsLora ? [.. first.Loras, new LoraUse(model.DistilledLora!, request.DistilledLoraStrength ?? model.Defaults.DistilledLoraStrength)] : first.Loras,
    };
}
