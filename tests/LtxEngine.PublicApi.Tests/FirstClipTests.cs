using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.PublicApi.Tests;

/// <summary>What a host can do with public types alone.</summary>
public sealed class FirstClipTests
{
    [Fact]
    public async Task A_host_makes_a_clip_and_takes_frames_and_sound()
    {
        List<GenerationProgress> reports = [];
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoModel(), Device = ComputeDevice.Cpu });
        byte[] picture = new byte[80 * 60 * 3];
        picture.AsSpan().Fill(90);

        GenerationResult result = await pipeline.GenerateAsync(
            new GenerationRequest
            {
                Prompt = "a red ball bounces on the green grass",
                Image = ImageSource.FromPixels(picture, 80, 60),
                Width = 64,
                Height = 64,
                NumFrames = 9,
                Fps = 8,
                Seed = -1,
                SigmaSchedule = new FixedSigmaSchedule(1, 0.6, 0),
                Sampler = new GradientEstimatingEulerSampler(),
                Guider = new MultiModalGuider(GuidanceParameters.ForCfg(2)),
            },
            new ImmediateProgress(reports.Add));

        Assert.Equal((64, 64, 9, -1L, 2), (result.Width, result.Height, result.NumFrames, result.Seed, result.NumInferenceSteps));
        Assert.Equal(TimeSpan.FromSeconds(9 / 8.0), result.Duration);
        Assert.Contains(reports, r => r.Stage == GenerationStage.Denoising && r.Step == 2);
        int frames = 0;
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
            Assert.Equal(frames++, frame.Index);
            Assert.Equal(64 * 64 * 3, frame.Pixels.Length);
        }

        Assert.Equal(9, frames);
        Assert.Equal(2, result.Audio!.Channels);
        Assert.Equal(result.Audio.SampleRate * 9 / 8, result.Audio.SamplesPerChannel);
    }

    [Fact]
    public async Task A_request_that_cannot_be_run_names_its_fields()
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = DemoModel() });

        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(
            () => pipeline.GenerateAsync(new GenerationRequest { Prompt = "x", Width = 1, NumFrames = -1 }));

        Assert.Equal(["width", "num_frames"], error.Errors.Select(e => e.Field));
    }

    private static string DemoModel()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "models", "demo")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "models", "demo");
    }

    private sealed class ImmediateProgress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
