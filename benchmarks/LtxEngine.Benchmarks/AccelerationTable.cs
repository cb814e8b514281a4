using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Makes 12 clips (4 scenes, 3 seeds) with every acceleration level, and prints what was saved and what it cost as the tables of
/// <c>docs/acceleration.md</c>. Time is the processor time of the denoising alone, the least of <see cref="Repetitions"/> runs.
/// </summary>
internal static class AccelerationTable
{
    private const int Repetitions = 3;

    private static readonly (string? Image, string Prompt)[] Scenes =
    [
        ("ball", "a red ball bounces on a meadow in the evening light, with thuds"),
        ("balloon", "A purple balloon floats up above the grass on a sunny day, the sound of wind."),
        ("boat", "a boat with an orange hull sails right on the blue sea under the day sky, waves splash"),
        (null, "a yellow car drives left on the snow at night, the engine hums"),
    ];

    /// <summary>Measures and prints.</summary>
    /// <param name="model">The model folder.</param>
    public static async Task RunAsync(string model)
    {
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model });
        AccelerationLevel[] levels = Enum.GetValues<AccelerationLevel>();
        foreach (int steps in new[] { 20, 40 })
        {
            Dictionary<AccelerationLevel, List<Clip>> clips = levels.ToDictionary(level => level, _ => new List<Clip>());
            foreach (GenerationRequest request in Requests(model, steps))
            {
                foreach (AccelerationLevel level in levels)
                {
                    clips[level].Add(await MakeAsync(pipeline, request with { Acceleration = level }));
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{steps} steps:\n"));
            Console.WriteLine("| level | blocks skipped | time saved | video latent, cosine: mean, worst | sound latent, cosine: mean, worst | frames, PSNR: all, worst clip |");
            Console.WriteLine("|---|---|---|---|---|---|");
            foreach (AccelerationLevel level in levels)
            {
                PrintRow(level, clips[AccelerationLevel.None], clips[level]);
            }

            Console.WriteLine();
        }
    }

    private static IEnumerable<GenerationRequest> Requests(string model, int steps) =>
        from scene in Scenes
        from seed in Enumerable.Range(1, 3)
        select new GenerationRequest
        {
            Prompt = scene.Prompt,
            Image = scene.Image is null ? null : ImageSource.FromFile(Path.Combine(model, "examples", scene.Image + ".png")),
            NumInferenceSteps = steps,
            Seed = seed,
        };

    private static void PrintRow(AccelerationLevel level, List<Clip> exact, List<Clip> clips)
    {
        double skipped = clips.Sum(clip => clip.Work.SkippedBlockEvaluations) / (double)exact.Sum(clip => clip.Work.BlockEvaluations);
        double saved = 1 - (clips.Sum(clip => clip.Seconds) / exact.Sum(clip => clip.Seconds));
        double[] video = [.. exact.Zip(clips, (a, b) => (double)TensorPrimitives.CosineSimilarity(a.Video, b.Video))];
        double[] audio = [.. exact.Zip(clips, (a, b) => (double)TensorPrimitives.CosineSimilarity(a.Audio, b.Audio))];
        double[] errors = [.. exact.Zip(clips, (a, b) => MeanSquare(a.Pixels, b.Pixels))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| `{level.ToString().ToLowerInvariant()}` | {100 * skipped:0} % | {100 * saved:0} % | {video.Average():0.0000}, {video.Min():0.0000} | {audio.Average():0.0000}, {audio.Min():0.0000} | {Decibels(errors.Average())}, {Decibels(errors.Max())} |"));
    }

    private static async Task<Clip> MakeAsync(LtxPipeline pipeline, GenerationRequest request)
    {
        StageProcessorTime time = new();
        GenerationResult result = await pipeline.GenerateAsync(request, time);
        double seconds = time.Seconds;
        for (int repetition = 1; repetition < Repetitions; repetition++)
        {
            time = new StageProcessorTime();
            await pipeline.GenerateAsync(request, time);
            seconds = Math.Min(seconds, time.Seconds);
        }

        using MemoryStream pixels = new();
        await foreach (VideoFrame frame in result.GetFramesAsync())
        {
            pixels.Write(frame.Pixels.Span);
        }

        return new Clip(seconds, result.Work, result.Latents.Video.Data, result.Latents.Audio!.Data, pixels.ToArray());
    }

    private static double MeanSquare(byte[] expected, byte[] actual)
    {
        double squares = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = expected[i] - actual[i];
            squares += difference * difference;
        }

        return squares / expected.Length;
    }

    private static string Decibels(double meanSquare) =>
        meanSquare == 0 ? "equal" : string.Create(CultureInfo.InvariantCulture, $"{10 * Math.Log10(255.0 * 255.0 / meanSquare):0.0} dB");

    private sealed record Clip(double Seconds, DenoisingWork Work, float[] Video, float[] Audio, byte[] Pixels);

    /// <summary>Processor time of the process from the begin to the end of the denoising: unlike the time on the wall it does not depend on what else runs.</summary>
    private sealed class StageProcessorTime : IProgress<GenerationProgress>
    {
        private TimeSpan? _start;

        public double Seconds { get; private set; }

        public void Report(GenerationProgress value)
        {
            if (value.Stage == GenerationStage.Denoising)
            {
                TimeSpan now = Process.GetCurrentProcess().TotalProcessorTime;
                _start ??= now;
                Seconds = (now - _start.Value).TotalSeconds;
            }
        }
    }
}
