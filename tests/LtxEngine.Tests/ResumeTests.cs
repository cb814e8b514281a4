using System.Text.Json.Nodes;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>Interrupted requests that continue from their folder of saved steps.</summary>
public sealed class ResumeTests(DemoPipeline demo) : IClassFixture<DemoPipeline>, IDisposable
{
    private readonly LtxPipeline _pipeline = demo.Pipeline;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ltx-resume-");

    /// <summary>Two stages, 4 and 3 steps, an image as guide tokens, and guidance that reuses its last result in every other step.</summary>
    private GenerationRequest Request => DemoPipeline.Request with
    {
        UseMultiscale = true,
        Width = 128,
        EndImage = DemoPipeline.Boat,
        NumInferenceSteps = 4,
        Guidance = GuidanceParameters.ForCfg(3) with { Video = new ModalityGuidance { CfgScale = 3, SkipStep = 1 } },
        CheckpointDirectory = _folder.FullName,
    };

    private string SavedFile => Path.Combine(_folder.FullName, "request.safetensors");

    public static TheoryData<string> Samplers => ["euler", "gradient-estimating", "res_2s"];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Samplers))]
    public async Task A_request_that_is_interrupted_again_and_again_gives_the_same_latents_to_the_last_bit(string name)
    {
        GenerationRequest request = Request with { Sampler = Sampler(name) };
        GenerationResult expected = await _pipeline.GenerateAsync(request with { CheckpointDirectory = null });

        await InterruptAsync(request, GenerationStage.Denoising, step: 1);
        await InterruptAsync(request, GenerationStage.Denoising, step: 3);
        await InterruptAsync(request, GenerationStage.Upscaling, step: 0);
        await InterruptAsync(request, GenerationStage.Refining, step: 0);
        await InterruptAsync(request, GenerationStage.Refining, step: 2);
        GenerationResult actual = await _pipeline.GenerateAsync(request);

        int firstStage = name == "res_2s" ? 5 : 4;
        Assert.Equal((0, firstStage + 2), (expected.ResumedSteps, actual.ResumedSteps));
        Assert.Equal(expected.Latents.Video.Data, actual.Latents.Video.Data);
        Assert.Equal(expected.Latents.Audio!.Data, actual.Latents.Audio!.Data);
        Assert.Equal(await Frames.OfAsync(expected), await Frames.OfAsync(actual));
        Assert.Equal(expected.Audio!.GetChannel(0).ToArray(), actual.Audio!.GetChannel(0).ToArray());
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task What_acceleration_reuses_is_saved_too()
    {
        GenerationRequest request = Request with { NumInferenceSteps = 12, Acceleration = AccelerationLevel.Full };
        GenerationResult expected = await _pipeline.GenerateAsync(request with { CheckpointDirectory = null });
        Assert.True(expected.Work.SkippedBlockEvaluations > 0);

        await InterruptAsync(request, GenerationStage.Denoising, step: 5);
        Assert.NotEmpty(SavedStageFile.Read(SavedFile).Stage.Cache);
        await InterruptAsync(request, GenerationStage.Denoising, step: 8);
        GenerationResult actual = await _pipeline.GenerateAsync(request);

        Assert.Equal(8, actual.ResumedSteps);
        Assert.True(actual.Work.SkippedBlockEvaluations > 0);
        Assert.Equal(expected.Latents.Video.Data, actual.Latents.Video.Data);
        Assert.Equal(expected.Latents.Audio!.Data, actual.Latents.Audio!.Data);
    }

    [Fact]
    public async Task Steps_that_are_saved_are_not_computed_again()
    {
        await InterruptAsync(Request, GenerationStage.Refining, step: 1);
        HashSet<(GenerationStage Stage, int Step)> computed = [];
        await _pipeline.GenerateAsync(Request, new ImmediateProgress(p => _ = p.Block > 0 && computed.Add((p.Stage, p.Step))));

        Assert.Equal([(GenerationStage.Refining, 1), (GenerationStage.Refining, 2)], computed);
    }

    [Fact]
    public async Task A_request_without_a_seed_keeps_the_one_that_was_drawn()
    {
        GenerationRequest request = Request with { Seed = null };
        await InterruptAsync(request, GenerationStage.Denoising, step: 2);
        long drawn = (long)SavedStageFile.Read(SavedFile).Fingerprint["seed"]!;
        GenerationResult resumed = await _pipeline.GenerateAsync(request);
        GenerationResult expected = await _pipeline.GenerateAsync(request with { Seed = drawn, CheckpointDirectory = null });

        Assert.Equal((drawn, 2), (resumed.Seed, resumed.ResumedSteps));
        Assert.Equal(expected.Latents.Video.Data, resumed.Latents.Video.Data);
    }

    [Fact]
    public async Task A_request_that_fails_while_its_file_is_written_keeps_its_last_step_until_the_file_is_there()
    {
        string path = Path.Combine(_folder.FullName, "clip.mp4");
        GenerationRequest request = Request with { UseMultiscale = false, EndImage = null };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _pipeline.GenerateToFileAsync(request, path, progress: new Interruption(GenerationStage.VideoDecoding, 0)));
        Assert.True(File.Exists(SavedFile));
        SavedVideo saved = await _pipeline.GenerateToFileAsync(request, path);

        Assert.Equal(4, saved.Result.ResumedSteps);
        Assert.Equal(["clip.mp4"], _folder.EnumerateFileSystemInfos().Select(file => file.Name));
    }

    /// <summary>Every property of a request with a value that makes another clip of it, and the names by which it is refused.</summary>
    [Fact]
    public async Task A_saved_step_of_another_request_is_refused_by_what_differs()
    {
        string lora = Path.Combine(_folder.FullName, "lora.safetensors");
        DemoFolder.WriteLora(lora, 0.01f);
        GenerationRequest request = Request with { Loras = [new LoraUse(lora)], Guidance = null, NegativePrompt = "grey" };
        Dictionary<string, (GenerationRequest Request, string Difference)> changed = new(StringComparer.Ordinal)
        {
            [nameof(request.Prompt)] = (request with { Prompt = "a red car" }, "prompt"),
            [nameof(request.NegativePrompt)] = (request with { NegativePrompt = "blue" }, "negative_prompt"),
            [nameof(request.Image)] = (request with { Image = DemoPipeline.Boat }, "images"),
            [nameof(request.ImageStrength)] = (request with { EndImage = null, Image = DemoPipeline.Boat, ImageStrength = 0.5 }, "images"),
            [nameof(request.EndImage)] = (request with { EndImage = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", "ball.png")) }, "images"),
            [nameof(request.EndImageStrength)] = (request with { EndImageStrength = 0.5 }, "images"),
            [nameof(request.InterpolationDirection)] = (request with { InterpolationDirection = InterpolationDirection.Backward }, "images"),
            [nameof(request.Images)] = (request with { Images = [new FrameImage(DemoPipeline.Boat, 3)] }, "images"),
            [nameof(request.KeyframeTimeExtent)] = (request with { KeyframeTimeExtent = KeyframeTimeExtent.EightFrames }, "keyframe_time_extent"),
            [nameof(request.ImageCrf)] = (request with { ImageCrf = 0 }, "images"),
            [nameof(request.UseMultiscale)] = (request with { UseMultiscale = false }, "stage.video_shape.width"),
            [nameof(request.Width)] = (request with { Width = 192 }, "width"),
            [nameof(request.Height)] = (request with { Height = 128 }, "height"),
            [nameof(request.NumFrames)] = (request with { NumFrames = 17 }, "num_frames"),
            [nameof(request.Fps)] = (request with { Fps = 12 }, "frame_rate"),
            [nameof(request.NumInferenceSteps)] = (request with { NumInferenceSteps = 5 }, "stage.sigmas"),
            [nameof(request.GuidanceScale)] = (request with { GuidanceScale = 2 }, "stage.guider"),
            [nameof(request.GuidancePreset)] = (request with { GuidancePreset = "january-29" }, "stage.guider"),
            [nameof(request.Guidance)] = (request with { Guidance = GuidanceParameters.ForCfg(9) }, "stage.guider"),
            [nameof(request.AudioGuidanceScale)] = (request with { AudioGuidanceScale = 2 }, "stage.guider"),
            [nameof(request.StgScale)] = (request with { StgScale = 0.5 }, "stage.guider"),
            [nameof(request.RescaleScale)] = (request with { RescaleScale = 0.5 }, "stage.guider"),
            [nameof(request.Loras)] = (request with { Loras = [new LoraUse(lora, 0.5)] }, "stage.loras"),
            [nameof(request.Seed)] = (request with { Seed = 2 }, "seed"),
            [nameof(request.GenerateAudio)] = (request with { GenerateAudio = false }, "stage.audio_shape"),
            [nameof(request.Sampler)] = (request with { Sampler = new GradientEstimatingEulerSampler(1.5) }, "stage.sampler"),
            [nameof(request.SigmaSchedule)] = (request with { NumInferenceSteps = null, SigmaSchedule = new FixedSigmaSchedule(1, 0.5, 0) }, "stage.sigmas"),
            [nameof(request.EnablePromptExpansion)] = (request with { EnablePromptExpansion = true }, "expands_prompt"),
            [nameof(request.Acceleration)] = (request with { NumInferenceSteps = 20, Acceleration = AccelerationLevel.Full }, "stage.acceleration"),
            [nameof(request.EnableSafetyChecker)] = (request with { EnableSafetyChecker = true }, "checks_safety"),
            [nameof(request.SizeFromImage)] = (request with { Width = null, Height = null, SizeFromImage = true }, "height"),
            [nameof(request.LoraMode)] = (request with { LoraMode = LoraMode.Applied }, "stage.lora_mode"),
            [nameof(request.LoraRounding)] = (request with { LoraRounding = LoraRounding.BrainFloat }, "stage.lora_rounding"),
            [nameof(request.Guider)] = (request with { NegativePrompt = null, Guider = new OwnGuider(2) }, "stage.guider"),
        };
        string[] withoutInfluence = [nameof(request.CheckpointDirectory), nameof(request.Previews), nameof(request.VideoOutputType), nameof(request.VideoQuality), nameof(request.VideoWriteMode)];
        string[] shownElsewhere =
        [
            // They need files that the demo has not: the next test.
            nameof(request.CameraLora), nameof(request.CameraLoraScale), nameof(request.DistilledLoraStrength),

            // Parts of the guider, as those above.
            nameof(request.ApgEta), nameof(request.ApgNormThreshold), nameof(request.CfgVariant), nameof(request.GuidanceSkipStep), nameof(request.ModalityScale),
            nameof(request.StgBlocks), nameof(request.StgMode),
        ];
        Assert.Equal(
            typeof(GenerationRequest).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal),
            changed.Keys.Concat(withoutInfluence).Concat(shownElsewhere).Order(StringComparer.Ordinal));

        await InterruptAsync(request, GenerationStage.Denoising, step: 1);
        byte[] before = await File.ReadAllBytesAsync(SavedFile);
        foreach ((string property, (GenerationRequest other, string difference)) in changed)
        {
            await AssertRefusedAsync(other, property, difference);
        }

        // The same name and strength, another content.
        DemoFolder.WriteLora(lora, 0.02f);
        await AssertRefusedAsync(request, "the LoRA file", "stage.loras");
        Assert.Equal(before, await File.ReadAllBytesAsync(SavedFile));
    }

    [Fact]
    public async Task A_saved_step_with_another_camera_LoRA_or_another_strength_of_one_is_refused()
    {
        using DemoFolder folder = new(description =>
        {
            description["files"]!["camera_loras"] = new JsonObject { ["dolly_in"] = "in.safetensors", ["dolly_out"] = "out.safetensors" };
            description["files"]!["distilled_lora"] = "distilled.safetensors";
            description["stage_2_weights"] = "distilled";
        });
        DemoFolder.WriteLora(folder["in.safetensors"], 0.02f);
        DemoFolder.WriteLora(folder["out.safetensors"], 0.03f);
        DemoFolder.WriteLora(folder["distilled.safetensors"], 0.01f);
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationRequest request = Request with { CameraLora = "dolly_in", EndImage = null };
        await InterruptAsync(request, GenerationStage.Denoising, step: 1, pipeline);

        await AssertRefusedAsync(request with { CameraLora = "dolly_out" }, nameof(request.CameraLora), "differs in stage.loras, second_stage.loras)", pipeline);
        await AssertRefusedAsync(request with { CameraLora = null }, nameof(request.CameraLora), "differs in stage.loras, second_stage.loras)", pipeline);
        await AssertRefusedAsync(request with { CameraLoraScale = 0.5 }, nameof(request.CameraLoraScale), "differs in stage.loras, second_stage.loras)", pipeline);
        await AssertRefusedAsync(request with { DistilledLoraStrength = 0.6 }, nameof(request.DistilledLoraStrength), "differs in second_stage.loras)", pipeline);
        Assert.Equal(1, (await pipeline.GenerateAsync(request)).ResumedSteps);
    }

    [Fact]
    public async Task A_saved_step_of_another_model_is_refused_and_one_of_a_moved_folder_is_not()
    {
        await InterruptAsync(Request, GenerationStage.Denoising, step: 1);
        using DemoFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("ltx-model.json", StringComparison.Ordinal)))
        {
            File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(Path.Combine(RepositoryPaths.DemoModel, Path.GetRelativePath(folder.Path, file))));
        }

        await using (LtxPipeline moved = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path }))
        {
            await InterruptAsync(Request, GenerationStage.Denoising, step: 2, moved);
        }

        File.SetLastWriteTimeUtc(folder["model.safetensors"], DateTime.UtcNow);
        await using LtxPipeline changed = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => changed.GenerateAsync(Request));
        Assert.Contains("differs in model.checkpoint)", Assert.Single(error.Errors).Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_of_another_compute_type_are_refused_and_of_other_threads_residency_and_encoding_are_not()
    {
        await InterruptAsync(Request, GenerationStage.Denoising, step: 1);
        string folder = RepositoryPaths.DemoModel;
        await using (LtxPipeline other = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder, ComputeType = ComputeType.Int8 }))
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => other.GenerateAsync(Request));
            Assert.Contains("differs in model.device)", Assert.Single(error.Errors).Allowed, StringComparison.Ordinal);
        }

        await using LtxPipeline same = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder, Threads = 3, Residency = WeightResidencyMode.FreeAfterUse });
        GenerationResult resumed = await same.GenerateAsync(Request with { VideoQuality = VideoQuality.Low, VideoWriteMode = VideoWriteMode.Small, Previews = true });
        Assert.Equal(1, resumed.ResumedSteps);
        Assert.Equal((await _pipeline.GenerateAsync(Request with { CheckpointDirectory = null })).Latents.Video.Data, resumed.Latents.Video.Data);
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("changed")]
    [InlineData("something else")]
    public async Task A_damaged_step_is_a_warning_and_the_request_begins_anew(string damage)
    {
        await InterruptAsync(Request, GenerationStage.Denoising, step: 2);
        byte[] content = await File.ReadAllBytesAsync(SavedFile);
        content[^100] ^= 1;
        await File.WriteAllBytesAsync(SavedFile, damage switch { "cut off" => content[..^200], "changed" => content, _ => "just text, and more of it"u8.ToArray() });
        await File.WriteAllTextAsync(SavedFile + ".0123.tmp", "left by a killed process");
        GenerationResult result = await _pipeline.GenerateAsync(Request);

        Assert.Equal(0, result.ResumedSteps);
        Assert.Contains("is damaged", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Equal((await _pipeline.GenerateAsync(Request with { CheckpointDirectory = null })).Latents.Video.Data, result.Latents.Video.Data);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_told_before_anything_runs()
    {
        string file = Path.Combine(_folder.FullName, "file");
        await File.WriteAllTextAsync(file, "no folder");
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(Request with { CheckpointDirectory = file }));
        Assert.Equal("checkpoint_directory", Assert.Single(error.Errors).Field);

        File.Delete(file);
        Task<GenerationResult>? second = null;
        await _pipeline.GenerateAsync(Request, new ImmediateProgress(p =>
        {
            if (p.Block > 0 && second is null)
            {
                second = _pipeline.GenerateAsync(Request);
                Task.WhenAny(second).Wait();
            }
        }));
        InvalidRequestException refusal = await Assert.ThrowsAsync<InvalidRequestException>(() => second!);
        Assert.Contains("no other request uses at the same time", refusal.Errors[0].Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprints_name_each_difference_by_its_place()
    {
        JsonObject one = JsonNode.Parse("""{ "a": 1, "b": { "c": [1, 2], "d": null }, "e": "x" }""")!.AsObject();
        JsonObject other = JsonNode.Parse("""{ "a": 1.0, "b": { "c": [1, 3], "d": 0 }, "f": "x" }""")!.AsObject();

        Assert.Equal(["b.c", "b.d", "f", "e"], RequestFingerprint.Differences(one, other));
        Assert.Empty(RequestFingerprint.Differences(one, one.DeepClone().AsObject()));
    }

    private static ISampler Sampler(string name) => name switch
    {
        "euler" => new EulerSampler(),
        "res_2s" => new Res2sSampler(),
        _ => new GradientEstimatingEulerSampler(),
    };

    private async Task InterruptAsync(GenerationRequest request, GenerationStage stage, int step, LtxPipeline? pipeline = null) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => (pipeline ?? _pipeline).GenerateAsync(request, new Interruption(stage, step)));

    private async Task AssertRefusedAsync(GenerationRequest request, string what, string difference, LtxPipeline? pipeline = null)
    {
        InvalidRequestException? error = null;
        try
        {
            await (pipeline ?? _pipeline).GenerateAsync(request);
        }
        catch (InvalidRequestException exception)
        {
            error = exception;
        }

        Assert.True(error is { Errors: [{ Field: "checkpoint_directory" }] }, $"{what}: {error?.Message ?? "not refused"}");
        Assert.True(error!.Errors[0].Allowed.Contains(difference, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    /// <summary>Ends a request within a step, as pressing Ctrl-C does.</summary>
    private sealed class Interruption(GenerationStage stage, int step) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            bool within = value.Stage is GenerationStage.Denoising or GenerationStage.Refining ? value.Block > 0 : value.Stage == stage;
            if (within && value.Stage == stage && value.Step == step)
            {
                throw new OperationCanceledException();
            }
        }
    }

    private sealed class ImmediateProgress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }

    private sealed record OwnGuider(double Scale) : IGuider
    {
        public int MaximumPasses => 1;

        public void Guide(GuidanceStep step) => throw new NotSupportedException();
    }
}
