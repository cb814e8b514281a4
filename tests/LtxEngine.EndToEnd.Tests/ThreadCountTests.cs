using LtxEngine.Testing;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>The number of threads never changes a result: latents, frames and sound are equal bit by bit.</summary>
public sealed class ThreadCountTests
{
    [Fact]
    public async Task Latents_frames_and_sound_are_bit_identical_for_1_2_3_and_5_threads()
    {
        Clip expected = await MakeAsync(1);
        foreach (int threads in (int[])[2, 3, 5])
        {
            Clip actual = await MakeAsync(threads);
            Assert.Equal(expected.VideoLatent, actual.VideoLatent);
            Assert.Equal(expected.AudioLatent, actual.AudioLatent);
            Assert.Equal(expected.Sound, actual.Sound);
            Assert.Equal(expected.Frames, actual.Frames);
        }
    }

    private static async Task<Clip> MakeAsync(int threads)
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = RepositoryPaths.DemoModel, Threads = threads });
        GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest
        {
            Prompt = "a red ball bounces on the green grass",
            Image = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", "ball.png")),
            Width = 96,
            Height = 64,
            NumFrames = 17,
            NumInferenceSteps = 3,
            Seed = 7,
        });
        List<byte> frames = [];
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
            frames.AddRange(frame.Pixels.Span);
        }

        return new Clip(result.Latents.Video.Data, result.Latents.Audio!.Data, result.Audio!.GetChannel(0).ToArray(), [.. frames]);
    }

    private sealed record Clip(float[] VideoLatent, float[] AudioLatent, float[] Sound, byte[] Frames);
}
