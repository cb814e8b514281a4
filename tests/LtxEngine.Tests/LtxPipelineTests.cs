using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

public sealed class LtxPipelineTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private readonly LtxPipeline _pipeline = demo.Pipeline;

    [Fact]
    public async Task A_result_never_depends_on_its_neighbours()
    {
        GenerationRequest other = DemoPipeline.Request with { Prompt = "a red car drives by", Seed = 99, Image = DemoPipeline.Boat, NumFrames = 17 };
        GenerationResult alone = await _pipeline.GenerateAsync(DemoPipeline.Request);

        GenerationResult[] together = await Task.WhenAll(
            _pipeline.GenerateAsync(other), _pipeline.GenerateAsync(DemoPipeline.Request), _pipeline.GenerateAsync(other));

        Assert.Equal(alone.Latents.Video.Data, together[1].Latents.Video.Data);
        Assert.Equal(alone.Audio!.GetChannel(1).ToArray(), together[1].Audio!.GetChannel(1).ToArray());
        Assert.Equal(together[0].Latents.Video.Data, together[2].Latents.Video.Data);
        Assert.NotEqual(alone.Latents.Video.Data, together[0].Latents.Video.Data);
    }

    [Theory]
    [InlineData(WeightResidencyMode.FreeAfterUse)]
    [InlineData(WeightResidencyMode.StreamBlocks)]
    public async Task Freeing_networks_after_use_or_streaming_blocks_changes_nothing_and_leaves_nothing_loaded(WeightResidencyMode residency)
    {
        GenerationResult kept = await _pipeline.GenerateAsync(DemoPipeline.Request);
        await using LtxPipeline freeing = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Residency = residency });
        GenerationResult freed = await freeing.GenerateAsync(DemoPipeline.Request);

        Assert.Equal(kept.Latents.Video.Data, freed.Latents.Video.Data);
        Assert.Equal(await Frames.OfAsync(kept), await Frames.OfAsync(freed));
        Assert.Equal(0, freeing.LoadedNetworks);
        Assert.True(_pipeline.LoadedNetworks >= 5);
    }

    [Fact]
    public async Task The_seed_decides_the_clip_and_a_drawn_one_repeats_it()
    {
        GenerationResult drawn = await _pipeline.GenerateAsync(DemoPipeline.Request with { Seed = null });
        GenerationResult again = await _pipeline.GenerateAsync(DemoPipeline.Request with { Seed = drawn.Seed });
        GenerationResult other = await _pipeline.GenerateAsync(DemoPipeline.Request with { Seed = drawn.Seed + 1 });

        Assert.Equal(drawn.Latents.Video.Data, again.Latents.Video.Data);
        Assert.NotEqual(drawn.Latents.Video.Data, other.Latents.Video.Data);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(10)]
    public async Task Other_counts_of_frames_are_cut_and_the_sound_follows(int frames)
    {
        GenerationResult result = await _pipeline.GenerateAsync(DemoPipeline.Request with { NumFrames = frames });

        byte[][] pixels = await Frames.OfAsync(result);
        Assert.Equal(frames, pixels.Length);
        Assert.All(pixels, p => Assert.Equal(64 * 64 * 3, p.Length));
        Assert.Equal(frames * result.Audio!.SampleRate / 24, result.Audio.SamplesPerChannel);
    }

    [Fact]
    public async Task The_first_frame_is_the_start_image_as_the_VAE_reproduces_it()
    {
        GenerationRequest request = DemoPipeline.Request with { Image = DemoPipeline.Boat, Width = 128, Height = 128, NumFrames = 17, NumInferenceSteps = 4 };
        byte[][] clip = await Frames.OfAsync(await _pipeline.GenerateAsync(request));

        // A clip of one frame with the same image is the image through the VAE: nothing of it is denoised.
        byte[][] reproduced = await Frames.OfAsync(await _pipeline.GenerateAsync(request with { NumFrames = 1 }));

        Assert.True(Frames.Psnr(reproduced[0], clip[0]) >= 30, $"PSNR {Frames.Psnr(reproduced[0], clip[0]):0.0} dB");
    }

    [Fact]
    public async Task Without_sound_the_result_has_none()
    {
        GenerationResult result = await _pipeline.GenerateAsync(DemoPipeline.Request with { GenerateAudio = false });

        Assert.Null(result.Audio);
        Assert.DoesNotContain(result.Timings, t => t.Stage == GenerationStage.AudioDecoding);
        await Assert.ThrowsAsync<InvalidOperationException>(() => result.SaveAudioAsync("no.wav"));
    }

    [Fact]
    public async Task Own_samplers_are_used()
    {
        CountingSampler sampler = new();
        GenerationResult result = await _pipeline.GenerateAsync(DemoPipeline.Request with { Sampler = sampler, NumInferenceSteps = 3 });
        GenerationResult euler = await _pipeline.GenerateAsync(DemoPipeline.Request with { NumInferenceSteps = 3 });

        Assert.Equal(3, sampler.Steps);
        Assert.Equal(euler.Latents.Video.Data, result.Latents.Video.Data);
    }

    [Fact]
    public async Task Progress_goes_forward_through_the_stages_and_tells_every_block()
    {
        Recorder progress = new();
        await _pipeline.GenerateAsync(DemoPipeline.Request with { Prompt = "something new " + Guid.NewGuid() }, progress);

        GenerationStage[] stages = [.. progress.Reports.Select(r => r.Stage).Distinct()];
        Assert.Equal(
            [GenerationStage.Queued, GenerationStage.TextEncoding, GenerationStage.ImageConditioning, GenerationStage.Denoising, GenerationStage.AudioDecoding], stages);
        GenerationProgress[] blocks = [.. progress.Reports.Where(r => r.Block > 0)];
        Assert.Equal(2 * blocks[0].Passes * blocks[0].Blocks, blocks.Length);
        Assert.True(progress.Reports.Where(r => r.Stage == GenerationStage.Denoising).Select(r => r.StageFraction).IsNonDecreasing());
        Assert.True(progress.Reports.Select(r => r.Elapsed.TotalSeconds).IsNonDecreasing());
    }

    [Fact]
    public async Task Cancelling_stops_within_the_step_and_the_next_request_runs()
    {
        using CancellationTokenSource cancel = new();
        Recorder progress = new(r =>
        {
            if (r.Block == 3)
            {
                cancel.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _pipeline.GenerateAsync(DemoPipeline.Request with { NumInferenceSteps = 500 }, progress, cancel.Token));

        Assert.InRange(progress.Reports.Max(r => r.Block), 3, 3);
        Assert.NotNull(await _pipeline.GenerateAsync(DemoPipeline.Request));
    }

    [Fact]
    public async Task Ending_the_enumeration_of_frames_early_leaves_the_pipeline_usable()
    {
        GenerationResult result = await _pipeline.GenerateAsync(DemoPipeline.Request);
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
            Assert.Equal(0, frame.Index);
            break;
        }

        Assert.Equal(9, (await Frames.OfAsync(result)).Length);
    }

    [Fact]
    public async Task An_image_that_cannot_be_used_is_reported_with_the_other_fields()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateToFileAsync(
            DemoPipeline.Request with { Width = 1, Image = ImageSource.FromBytes("no image"u8.ToArray()) }, "clip.avi"));

        Assert.Equal(["width", "image", "out"], error.Errors.Select(e => e.Field));
    }

    [Fact]
    public async Task A_disposed_pipeline_refuses_and_ends_what_runs()
    {
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(DemoPipeline.Options);
        GenerationResult result = await pipeline.GenerateAsync(DemoPipeline.Request);
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<GenerationResult> running = pipeline.GenerateAsync(
            DemoPipeline.Request with { NumInferenceSteps = 1000 }, new Recorder(r => _ = r.Block > 0 && started.TrySetResult()));
        await started.Task;
        await pipeline.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(DemoPipeline.Request));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Frames.OfAsync(result));
        await pipeline.DisposeAsync();
    }

    [Fact]
    public async Task Requests_are_counted_by_outcome()
    {
        ConcurrentBag<string> outcomes = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == LtxTelemetry.MeterName && instrument.Name == "ltx.requests")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => outcomes.Add((string)tags[0].Value!));
        listener.Start();
        await _pipeline.GenerateAsync(DemoPipeline.Request);
        await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(DemoPipeline.Request with { Width = 1 }));

        Assert.Contains("done", outcomes);
        Assert.Contains("failed", outcomes);
    }

    private sealed class CountingSampler : ISampler
    {
        private readonly EulerSampler _euler = new();

        public int Steps { get; private set; }

        public void Step(SamplerStep step)
        {
            Steps++;
            _euler.Step(step);
        }
    }

    private sealed class Recorder(Action<GenerationProgress>? react = null) : IProgress<GenerationProgress>
    {
        public ConcurrentQueue<GenerationProgress> Reports { get; } = new();

        public void Report(GenerationProgress value)
        {
            Reports.Enqueue(value);
            react?.Invoke(value);
        }
    }
}
