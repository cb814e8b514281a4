using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Planning;

namespace LtxEngine.Tests.Planning;

public sealed class GenerationPlannerTests
{
    private static readonly ModelProfile Model = new() { Defaults = new ModelDefaults(), Layers = 48, VideoLatentChannels = 128 };

    private static readonly ModelProfile Distilled = Model with { IsDistilled = true, Defaults = new ModelDefaults { GuidancePreset = "distilled", NumInferenceSteps = 8 } };

    private static readonly ModelProfile TwoStage = Model with { HasSpatialUpscaler = true, DistilledLora = "distilled.safetensors" };

    private static readonly GenerationRequest Request = new() { Prompt = "a boat" };

    [Fact]
    public void Defaults_are_those_of_the_model_folder()
    {
        GenerationPlan plan = GenerationPlanner.Create(Request, Model);

        Assert.Equal((768, 512, 121), (plan.Width, plan.Height, plan.NumFrames));
        Assert.Equal(new FrameRate(24), plan.FrameRate);
        Assert.Equal(40, plan.Stage.Steps);
        Assert.Equal((16, 16, 24), (plan.Stage.VideoShape.Frames, plan.Stage.VideoShape.Height, plan.Stage.VideoShape.Width));
        Assert.Equal(126, plan.Stage.AudioShape!.Frames);
        Assert.IsType<EulerSampler>(plan.Stage.Sampler);
        Assert.Equal(4, plan.Stage.Guider.MaximumPasses);
        Assert.Equal(string.Empty, plan.NegativePrompt);
        Assert.Empty(plan.Warnings);
    }

    [Fact]
    public void Every_field_that_cannot_be_used_is_reported_at_once()
    {
        GenerationRequest request = new()
        {
            Prompt = null!,
            ImageStrength = double.NaN,
            ImageCrf = 52,
            Width = 8,
            Height = 0,
            NumFrames = 0,
            Fps = double.PositiveInfinity,
            NumInferenceSteps = 0,
            GuidanceScale = double.NegativeInfinity,
            GuidancePreset = "february-30",
        };

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(request, Model));

        Assert.Equal(
            ["prompt", "image_strength", "image_crf", "width", "height", "num_frames", "fps", "num_inference_steps", "guidance_scale", "guidance_preset"],
            error.Errors.Select(e => e.Field));
        Assert.Contains("width is 8; allowed: 16 … 16384 pixels.", error.Message, StringComparison.Ordinal);
        Assert.Contains("guidance_preset is \"february-30\"; allowed: january-15, january-29, distilled.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 9)]
    [InlineData(8, 9)]
    [InlineData(9, 9)]
    [InlineData(10, 17)]
    [InlineData(121, 121)]
    public void Other_counts_of_frames_are_made_up_to_the_next_8n_plus_1(int frames, int generated)
    {
        GenerationPlan plan = GenerationPlanner.Create(Request with { NumFrames = frames }, Model);

        Assert.Equal(frames, plan.NumFrames);
        Assert.Equal(generated, plan.Stage.VideoShape.PixelFrames);
    }

    [Theory]
    [InlineData(null, null, 3.0, 7.0)]
    [InlineData(5.0, null, 5.0, 7.0)]
    [InlineData(null, "january-15", 4.0, 4.0)]
    [InlineData(2.0, "january-15", 2.0, 2.0)]
    [InlineData(null, "distilled", 1.0, 1.0)]
    public void Guidance_scale_sets_the_video_and_leaves_the_rest_to_the_preset(double? scale, string? preset, double video, double audio)
    {
        GuidanceParameters expected = GuidanceParameters.FromPreset(preset ?? "january-29", 48);
        GenerationPlan plan = GenerationPlanner.Create(Request with { GuidanceScale = scale, GuidancePreset = preset }, Model);

        GenerationPlan same = GenerationPlanner.Create(
            Request with { Guidance = expected with { Video = expected.Video with { CfgScale = video }, Audio = expected.Audio with { CfgScale = audio } } }, Model);
        Assert.Equal(same.Stage.Guider.MaximumPasses, plan.Stage.Guider.MaximumPasses);
        Assert.Equal(video != 1 || audio != 1, plan.NegativePrompt is not null);
    }

    [Fact]
    public void The_folders_scale_belongs_to_the_folders_preset()
    {
        ModelProfile model = Model with { Defaults = new ModelDefaults { GuidancePreset = "january-15", GuidanceScale = 1 } };

        Assert.Null(GenerationPlanner.Create(Request, model).NegativePrompt);
        Assert.NotNull(GenerationPlanner.Create(Request with { GuidancePreset = "january-29" }, model).NegativePrompt);
    }

    [Fact]
    public void A_distilled_checkpoint_has_its_own_noise_levels_and_no_guidance()
    {
        GenerationPlan plan = GenerationPlanner.Create(Request with { GuidanceScale = 3, NegativePrompt = "blurry" }, Distilled);

        Assert.Equal(FixedSigmaSchedule.DistilledStage1.Sigmas.ToArray(), plan.Stage.Sigmas);
        Assert.Equal(1, plan.Stage.Guider.MaximumPasses);
        Assert.Null(plan.NegativePrompt);
        Assert.Contains("guidance_scale", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Own_guidance_excludes_scale_and_preset()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(
            Request with { Guider = new MultiModalGuider(GuidanceParameters.January15), Guidance = GuidanceParameters.January15, GuidanceScale = 3, GuidancePreset = "january-15" }, Model));

        Assert.Equal(["guidance_scale", "guidance_preset", "guidance"], error.Errors.Select(e => e.Field));
    }

    [Fact]
    public void A_perturbed_block_that_the_model_does_not_have_is_an_error()
    {
        GuidanceParameters parameters = new() { Video = new ModalityGuidance { StgScale = 1, StgBlocks = [48] } };

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(Request with { Guidance = parameters }, Model));

        Assert.Equal("guidance is 48; allowed: STG blocks 0 … 47 of this model.", error.Message);
    }

    [Fact]
    public void A_schedule_with_one_number_of_steps_decides_and_contradicts()
    {
        FixedSigmaSchedule schedule = new(1, 0.5, 0);

        Assert.Equal(2, GenerationPlanner.Create(Request with { SigmaSchedule = schedule }, Model).Stage.Steps);
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(
            () => GenerationPlanner.Create(Request with { SigmaSchedule = schedule, NumInferenceSteps = 3 }, Model));
        Assert.Equal("num_inference_steps", Assert.Single(error.Errors).Field);
    }

    [Fact]
    public void A_schedule_that_is_none_is_an_error_of_the_request()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(Request with { SigmaSchedule = new RisingSchedule() }, Model));

        Assert.Equal("sigma_schedule", Assert.Single(error.Errors).Field);
    }

    [Fact]
    public void A_drawn_seed_is_reported_and_a_given_one_is_kept()
    {
        Assert.Equal(long.MinValue, GenerationPlanner.Create(Request with { Seed = long.MinValue }, Model).Seed);
        Assert.True(Enumerable.Range(0, 8).Select(_ => GenerationPlanner.Create(Request, Model).Seed).Distinct().Count() > 1);
    }

    [Fact]
    public void Without_sound_there_is_no_audio_latent()
    {
        Assert.Null(GenerationPlanner.Create(Request with { GenerateAudio = false }, Model).Stage.AudioShape);
        GenerationPlan silentModel = GenerationPlanner.Create(Request, Model with { HasAudio = false });
        Assert.Null(silentModel.Stage.AudioShape);
        Assert.Contains("video-only", Assert.Single(silentModel.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(768, 512, false, 768, 512)]
    [InlineData(1248, 704, true, 1280, 704)]
    [InlineData(100, 16, false, 128, 64)]
    [InlineData(130, 65, true, 192, 64)]
    public void Sizes_are_made_at_the_next_multiple(int width, int height, bool twoStages, int madeWidth, int madeHeight)
    {
        GenerationPlan plan = GenerationPlanner.Create(Request with { Width = width, Height = height, UseMultiscale = twoStages }, TwoStage);

        VideoLatentShape last = plan.Stages.Last().VideoShape;
        Assert.Equal((madeWidth, madeHeight), (last.Width * 32, last.Height * 32));
        Assert.Equal((width, height - (height % 2)), (plan.Width, plan.Height));
    }

    [Fact]
    public void Two_stages_are_those_of_the_original()
    {
        GenerationPlan plan = GenerationPlanner.Create(Request with { UseMultiscale = true, Loras = [new LoraUse("own.safetensors", 0.3)] }, TwoStage);

        Assert.Equal((8, 12, 40, 1.0), (plan.Stage.VideoShape.Height, plan.Stage.VideoShape.Width, plan.Stage.Steps, plan.Stage.NoiseScale));
        DenoiseStage second = plan.SecondStage!;
        Assert.Equal((16, 24, 1, 0.909375), (second.VideoShape.Height, second.VideoShape.Width, second.Guider.MaximumPasses, second.NoiseScale));
        Assert.Equal([0.909375, 0.725, 0.421875, 0], second.Sigmas);
        Assert.Equal([new LoraUse("own.safetensors", 0.3)], plan.Stage.Loras);
        Assert.Equal([new LoraUse("own.safetensors", 0.3), new LoraUse("distilled.safetensors")], second.Loras);
        Assert.Equal(plan.Stage.AudioShape, second.AudioShape);
    }

    [Fact]
    public void Two_stages_without_their_files_are_an_error_that_names_them()
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(Request with { UseMultiscale = true }, Model));

        Assert.Equal(["use_multiscale", "use_multiscale"], error.Errors.Select(e => e.Field));
        Assert.Contains("ltx-2-spatial-upscaler-x2-1.0.safetensors", error.Errors[0].Allowed, StringComparison.Ordinal);
        Assert.Contains("ltx-2-19b-distilled-lora-384.safetensors", error.Errors[1].Allowed, StringComparison.Ordinal);
        Assert.Empty(GenerationPlanner.Create(Request with { UseMultiscale = true }, Distilled with { HasSpatialUpscaler = true, SecondStageNeedsLora = false }).SecondStage!.Loras);
    }

    [Fact]
    public void Images_and_LoRAs_that_cannot_be_used_are_reported_with_their_place()
    {
        GenerationRequest request = Request with
        {
            NumFrames = 9,
            Image = DemoPipeline.Boat,
            EndImage = DemoPipeline.Boat,
            EndImageStrength = 1.1,
            InterpolationDirection = (InterpolationDirection)7,
            Images = [new FrameImage(DemoPipeline.Boat, 7), new FrameImage(DemoPipeline.Boat, 9), new FrameImage(DemoPipeline.Boat, -1), null!, new FrameImage(DemoPipeline.Boat, 4, -1)],
            KeyframeTimeExtent = (KeyframeTimeExtent)7,
            Loras = [new LoraUse(" "), null!, new LoraUse("x", 1e40)],
            CameraLora = "zoom",
            CameraLoraScale = double.NaN,
        };

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(request, Model with { CameraLoras = new Dictionary<string, string> { ["static"] = "s" } }));

        Assert.Equal(
            ["end_image_strength", "interpolation_direction", "images[1].frame", "images[2].frame", "images[3]", "images[4].strength", "keyframe_time_extent", "loras[0]", "loras[1]", "loras[2].strength", "camera_lora_scale", "camera_lora"],
            error.Errors.Select(e => e.Field));
        Assert.Equal("camera_lora is \"zoom\"; allowed: none, static: what the model folder holds.", error.Errors[^1].ToString());
    }

    [Fact]
    public void A_frame_takes_one_image()
    {
        GenerationRequest request = Request with { NumFrames = 1, Image = DemoPipeline.Boat, EndImage = DemoPipeline.Boat, Images = [new FrameImage(DemoPipeline.Boat, 0)] };

        Assert.Equal(["end_image", "images[0]"], Assert.Throws<InvalidRequestException>(() => GenerationPlanner.Create(request, Model)).Errors.Select(e => e.Field));
    }

    [Fact]
    public void Any_request_gets_a_valid_plan_or_a_typed_error()
    {
        Gen<int?> number = Gen.OneOf(Gen.Constant((int?)null), ArbMap.Default.GeneratorFor<int>().Select(i => (int?)i), Gen.Choose(0, 40).Select(i => (int?)(i * 32)));
        Gen<double?> real = Gen.OneOf(Gen.Constant((double?)null), ArbMap.Default.GeneratorFor<double>().Select(d => (double?)d));
        Gen<GenerationRequest> requests =
            from prompt in ArbMap.Default.GeneratorFor<string>()
            from width in number
            from height in number
            from frames in number
            from steps in Gen.Choose(-2, 60)
            from fps in real
            from scale in real
            from multiscale in ArbMap.Default.GeneratorFor<bool>()
            from lastFrame in ArbMap.Default.GeneratorFor<int>()
            from strength in Gen.OneOf(Gen.Choose(0, 10).Select(i => i / 10.0), ArbMap.Default.GeneratorFor<double>())
            from preset in Gen.Elements<string?>(null, "january-15", "january-29", "distilled", string.Empty)
            from audio in ArbMap.Default.GeneratorFor<bool>()
            select new GenerationRequest
            {
                Prompt = prompt,
                Width = width,
                Height = height,
                NumFrames = frames,
                NumInferenceSteps = steps,
                Fps = fps,
                GuidanceScale = scale,
                GuidancePreset = preset,
                ImageStrength = strength,
                UseMultiscale = multiscale,
                EndImage = DemoPipeline.Boat,
                Images = [new FrameImage(DemoPipeline.Boat, lastFrame % 50)],
                GenerateAudio = audio,
            };
        Prop.ForAll(Arb.From(requests), request =>
        {
            try
            {
                GenerationPlan plan = GenerationPlanner.Create(request, TwoStage);
                VideoLatentShape last = plan.Stages.Last().VideoShape;
                Assert.InRange((last.Width * 32) - plan.Width, 0, 63);
                Assert.Equal((0, request.UseMultiscale ? 2 : 1), (plan.Width % 2, plan.Stages.Count()));
                Assert.All(plan.Images, image => Assert.InRange(image.Frame, 0, plan.NumFrames - 1));
                Assert.InRange(plan.NumFrames, plan.Stage.VideoShape.PixelFrames - 7, plan.Stage.VideoShape.PixelFrames);
                Assert.Equal(0.0, plan.Stage.Sigmas[^1]);
            }
            catch (InvalidRequestException exception)
            {
                Assert.NotEmpty(exception.Errors);
                Assert.All(exception.Errors, e => Assert.True(e.Field.Length > 0 && e.Allowed.Length > 0));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private sealed class RisingSchedule : ISigmaSchedule
    {
        public int? FixedSteps => null;

        public double[] GetSigmas(int steps, int tokenCount) => [0, 0.5, 1];
    }
}
