namespace LtxEngine.Tests;

/// <summary>Two stages on the demo model, whose second stage runs with the weights of the first.</summary>
public sealed class TwoStageTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { UseMultiscale = true, Width = 128, Height = 128 };

    private readonly LtxPipeline _pipeline = demo.Pipeline;

    [Fact]
    public async Task A_clip_is_made_at_half_size_and_refined_at_its_own()
    {
        GenerationResult result = await _pipeline.GenerateAsync(Request);
        GenerationResult again = await _pipeline.GenerateAsync(Request);
        GenerationResult oneStage = await _pipeline.GenerateAsync(Request with { UseMultiscale = false });

        Assert.Equal((2, 2), (result.Plan.Stage.VideoShape.Height, result.Plan.Stage.VideoShape.Width));
        Assert.Equal(3, result.Plan.SecondStage!.Steps);
        Assert.Empty(result.Plan.SecondStage.Loras);
        Assert.Equal([4L, 4], result.Latents.Video.Shape.Dimensions.ToArray()[3..]);
        Assert.Equal(result.Latents.Video.Data, again.Latents.Video.Data);
        Assert.Equal(result.Latents.Audio!.Data, again.Latents.Audio!.Data);
        Assert.NotEqual(result.Latents.Video.Data, oneStage.Latents.Video.Data);
        Assert.All(await Frames.OfAsync(result), frame => Assert.Equal(128 * 128 * 3, frame.Length));
        Assert.Equal(
            [GenerationStage.Denoising, GenerationStage.Upscaling, GenerationStage.Refining],
            result.Timings.Select(t => t.Stage).Where(s => s is >= GenerationStage.Denoising and <= GenerationStage.Refining));
    }

    [Fact]
    public async Task The_first_frame_is_the_start_image_at_full_size()
    {
        GenerationRequest request = Request with { Image = DemoPipeline.Boat, NumFrames = 17, NumInferenceSteps = 4 };
        byte[][] clip = await Frames.OfAsync(await _pipeline.GenerateAsync(request));
        byte[][] reproduced = await Frames.OfAsync(await _pipeline.GenerateAsync(request with { NumFrames = 1, UseMultiscale = false }));

        double psnr = Frames.Psnr(reproduced[0], clip[0]);
        Assert.True(psnr >= 30, $"PSNR {psnr:0.0} dB");
    }

    [Fact]
    public async Task Freeing_networks_after_use_changes_nothing()
    {
        GenerationResult kept = await _pipeline.GenerateAsync(Request);
        await using LtxPipeline freeing = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, Residency = WeightResidencyMode.FreeAfterUse });

        Assert.Equal(kept.Latents.Video.Data, (await freeing.GenerateAsync(Request)).Latents.Video.Data);
        Assert.Equal(0, freeing.LoadedNetworks);
    }

    [Fact]
    public async Task A_distilled_checkpoint_runs_8_and_3_steps_without_guidance()
    {
        using DemoFolder folder = new(description =>
        {
            description["kind"] = "distilled";
            description["stage_2_weights"] = "distilled";
            description["defaults"]!.AsObject().Remove("num_inference_steps");
            description["defaults"]!.AsObject().Remove("guidance_preset");
        });
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationResult result = await pipeline.GenerateAsync(Request with { NumInferenceSteps = null });

        Assert.Equal((8, 1, 3, 1), (result.Plan.Stage.Steps, result.Plan.Stage.Guider.MaximumPasses, result.Plan.SecondStage!.Steps, result.Plan.SecondStage.Guider.MaximumPasses));
        Assert.Empty(result.Plan.SecondStage.Loras);
        Assert.All(result.Latents.Video.Data, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public async Task The_distilled_LoRA_changes_the_second_stage_only()
    {
        using DemoFolder folder = new(description =>
        {
            description["stage_2_weights"] = "distilled";
            description["files"]!["distilled_lora"] = "distilled.safetensors";
            description["defaults"]!["distilled_lora_strength"] = 0.5;
        });
        DemoFolder.WriteLora(folder["distilled.safetensors"], 0.05f, ("text_embedding_projection.aggregate_embed.lora_A.weight", new(2, 4)), ("text_embedding_projection.aggregate_embed.lora_B.weight", new(4, 2)));
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationResult result = await pipeline.GenerateAsync(Request);
        GenerationResult oneStage = await pipeline.GenerateAsync(Request with { UseMultiscale = false });

        GenerationResult without = await pipeline.GenerateAsync(Request with { DistilledLoraStrength = 0 });

        Assert.Empty(result.Warnings);
        Assert.Empty(result.Plan.Stage.Loras);
        Assert.Equal(0.5, Assert.Single(result.Plan.SecondStage!.Loras).Strength);
        Assert.Equal((await _pipeline.GenerateAsync(Request)).Latents.Video.Data, without.Latents.Video.Data);
        Assert.NotEqual((await _pipeline.GenerateAsync(Request)).Latents.Video.Data, result.Latents.Video.Data);
        Assert.Equal((await _pipeline.GenerateAsync(Request with { UseMultiscale = false })).Latents.Video.Data, oneStage.Latents.Video.Data);
    }
}
