using System.Numerics.Tensors;
using LtxEngine.Diffusion.Samplers;

namespace LtxEngine.Tests;

/// <summary>Acceleration on the demo model.</summary>
public sealed class AccelerationTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Request = DemoPipeline.Request with { Image = DemoPipeline.Boat, NumInferenceSteps = 20 };

    private readonly LtxPipeline _pipeline = demo.Pipeline;

    [Fact]
    public async Task Each_level_skips_more_and_stays_near_the_exact_clip()
    {
        GenerationResult exact = await _pipeline.GenerateAsync(Request);
        int layers = _pipeline.Layers;
        Assert.Equal(new DenoisingWork(40, 40 * layers, 0), exact.Work);
        long skippedBefore = 0;
        foreach ((AccelerationLevel level, float leastCosine) in new[] { (AccelerationLevel.Regular, 0.999f), (AccelerationLevel.High, 0.99f), (AccelerationLevel.Full, 0.97f) })
        {
            GenerationResult result = await _pipeline.GenerateAsync(Request with { Acceleration = level });

            Assert.Empty(result.Warnings);
            Assert.Equal((40, 40L * layers), (result.Work.ForwardPasses, result.Work.BlockEvaluations + result.Work.SkippedBlockEvaluations));
            Assert.True(result.Work.SkippedBlockEvaluations > skippedBefore, $"{level} skips {result.Work.SkippedBlockEvaluations}, the level before {skippedBefore}");
            skippedBefore = result.Work.SkippedBlockEvaluations;
            Assert.NotEqual(exact.Latents.Video.Data, result.Latents.Video.Data);
            Assert.InRange(TensorPrimitives.CosineSimilarity(exact.Latents.Video.Data, result.Latents.Video.Data), leastCosine, 1.0001f);
        }
    }

    [Fact]
    public async Task None_is_the_request_without_the_field_and_nothing_stays_behind()
    {
        GenerationResult plain = await _pipeline.GenerateAsync(Request);
        GenerationResult full = await _pipeline.GenerateAsync(Request with { Acceleration = AccelerationLevel.Full });
        GenerationResult none = await _pipeline.GenerateAsync(Request with { Acceleration = AccelerationLevel.None });
        GenerationResult again = await _pipeline.GenerateAsync(Request with { Acceleration = AccelerationLevel.Full });

        Assert.Equal(plain.Latents.Video.Data, none.Latents.Video.Data);
        Assert.Equal(plain.Latents.Audio!.Data, none.Latents.Audio!.Data);
        Assert.Equal(full.Latents.Video.Data, again.Latents.Video.Data);
        Assert.Equal(full.Work, again.Work);
        Assert.NotEqual(plain.Latents.Video.Data, full.Latents.Video.Data);
    }

    [Fact]
    public async Task Decisions_do_not_depend_on_the_number_of_threads()
    {
        GenerationRequest request = Request with { Acceleration = AccelerationLevel.High, NumInferenceSteps = 12 };
        GenerationResult expected = await _pipeline.GenerateAsync(request);
        Assert.True(expected.Work.SkippedBlockEvaluations > 0);
        foreach (int threads in new[] { 1, 3, 5 })
        {
            await using LtxPipeline other = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoPipeline.Options.ModelDirectory, Threads = threads });
            GenerationResult result = await other.GenerateAsync(request);
            Assert.Equal(expected.Work, result.Work);
            Assert.Equal(expected.Latents.Video.Data, result.Latents.Video.Data);
            Assert.Equal(expected.Latents.Audio!.Data, result.Latents.Audio!.Data);
        }
    }

    [Fact]
    public async Task First_and_last_steps_are_always_computed()
    {
        Dictionary<int, int> blocks = [];
        Recorder recorder = new(progress =>
        {
            if (progress is { Stage: GenerationStage.Denoising, Block: > 0, Pass: 0 })
            {
                blocks[progress.Step] = blocks.GetValueOrDefault(progress.Step) + 1;
            }
        });
        await _pipeline.GenerateAsync(Request with { Acceleration = AccelerationLevel.High }, recorder);

        Assert.Equal(20, blocks.Count);
        Assert.All(new[] { 0, 1, 2, 3, 18, 19 }, step => Assert.Equal(_pipeline.Layers, blocks[step]));
        Assert.Contains(1, blocks.Values);
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public async Task Schedules_of_few_steps_are_computed_as_a_whole_with_a_warning(int steps, bool accelerated)
    {
        GenerationResult result = await _pipeline.GenerateAsync(Request with { NumInferenceSteps = steps, Acceleration = AccelerationLevel.Full });

        Assert.Equal(accelerated, result.Work.SkippedBlockEvaluations > 0);
        Assert.Equal(accelerated ? 0 : 1, result.Warnings.Count);
        Assert.All(result.Warnings, warning => Assert.StartsWith("acceleration is ignored", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_stage_is_computed_as_a_whole()
    {
        GenerationRequest request = Request with { UseMultiscale = true, Width = 128, Height = 128, Acceleration = AccelerationLevel.Full };
        GenerationResult result = await _pipeline.GenerateAsync(request);

        Assert.NotNull(result.Plan.Stage.Acceleration);
        Assert.Null(result.Plan.SecondStage!.Acceleration);
        Assert.Equal(43, result.Work.ForwardPasses);
        Assert.Equal([GenerationStage.Denoising, GenerationStage.Refining], result.WorkByStage.Select(stage => stage.Stage));
        Assert.Equal((40, true), (result.WorkByStage[0].Work.ForwardPasses, result.WorkByStage[0].Work.SkippedBlockEvaluations > 0));
        Assert.Equal(new DenoisingWork(3, 3 * _pipeline.Layers, 0), result.WorkByStage[1].Work);
        Assert.Equal(result.WorkByStage[0].Work.SkippedBlockEvaluations, result.Work.SkippedBlockEvaluations);
    }

    [Fact]
    public async Task A_distilled_checkpoint_is_computed_as_a_whole_with_a_warning()
    {
        using DemoFolder folder = new(description =>
        {
            description["kind"] = "distilled";
            description["defaults"]!.AsObject().Remove("num_inference_steps");
            description["defaults"]!.AsObject().Remove("guidance_preset");
        });
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = folder.Path });
        GenerationResult result = await pipeline.GenerateAsync(DemoPipeline.Request with { NumInferenceSteps = null, Acceleration = AccelerationLevel.Regular });

        Assert.Equal(new DenoisingWork(8, 8 * pipeline.Layers, 0), result.Work);
        Assert.Contains("distilled", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samplers_with_several_evaluations_a_step_are_accelerated_too()
    {
        GenerationRequest request = Request with { Sampler = new Res2sSampler(), NumInferenceSteps = 20 };
        GenerationResult exact = await _pipeline.GenerateAsync(request);
        GenerationResult result = await _pipeline.GenerateAsync(request with { Acceleration = AccelerationLevel.Full });

        Assert.True(result.Work.SkippedBlockEvaluations > 0);
        Assert.Equal(exact.Work.ForwardPasses, result.Work.ForwardPasses);
        Assert.InRange(TensorPrimitives.CosineSimilarity(exact.Latents.Video.Data, result.Latents.Video.Data), 0.9f, 1.0001f);
    }

    [Fact]
    public async Task An_unknown_level_is_refused()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(Request with { Acceleration = (AccelerationLevel)7 }));
        Assert.Equal("acceleration", Assert.Single(error.Errors).Field);
    }

    private sealed class Recorder(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
