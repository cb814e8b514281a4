using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LtxEngine.Benchmarks;

/// <summary>The charts of a run, beside its table.</summary>
internal static class Charts
{
    /// <summary>Writes GFLOP/s against the peak, seconds per megapixel, and the stages of a clip.</summary>
    /// <param name="summaries">What was measured.</param>
    /// <param name="folder">Where the files go.</param>
    public static void Write(IEnumerable<Summary> summaries, string folder)
    {
        BarChart rates = new("Arithmetic against the peak of its kind of instruction in the same run (red line)", "GFLOP/s");
        BarChart pixels = new("Seconds per megapixel of the clip", "s/MP");
        foreach (Summary summary in summaries)
        {
            foreach (BenchmarkCase benchmark in summary.BenchmarksCases)
            {
                double rate = RateColumn.Of(summary, benchmark, out IWork? work);
                if (double.IsNaN(rate))
                {
                    continue;
                }

                int threads = (int)benchmark.Parameters[nameof(DeviceBenchmark.Threads)];
                string label = $"{work} ({threads} {(threads == 1 ? "thread" : "threads")})";
                if (work!.IsArithmetic)
                {
                    rates.Add(label, rate, DeviceBenchmark.PeakOf(benchmark.Descriptor.Type, threads, work.ToString()!));
                }
                else if (string.Equals(work.Unit, "MP/s", StringComparison.Ordinal))
                {
                    pixels.Add(label, 1 / rate);
                }
            }
        }

        Directory.CreateDirectory(folder);
        rates.Write(Path.Combine(folder, "gigaflops.svg"));
        pixels.Write(Path.Combine(folder, "seconds-per-megapixel.svg"));
    }

    /// <summary>Makes a clip on the demo model with a profile and writes where its time went.</summary>
    /// <param name="model">The model folder.</param>
    /// <param name="folder">Where the file goes.</param>
    public static async Task WriteStagesAsync(string model, string folder)
    {
        Directory.CreateDirectory(folder);
        BarChart chart = new("Time per stage: clips of 25 frames on the demo model, 8 steps, by size", "s");
        foreach (int side in (int[])[128, 256, 384])
        {
            string clip = Path.Combine(folder, "stages.mp4");
            await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model, Residency = WeightResidencyMode.KeepLoaded });
            GenerationRequest request = new() { Prompt = "a white boat sails on the blue sea", Width = side, Height = side, NumFrames = 25, NumInferenceSteps = 8, Seed = 1 };

            // The first request loads the networks; the second one is shown.
            await pipeline.GenerateToFileAsync(request, clip, new SaveOptions { Overwrite = true });
            SavedVideo saved = await pipeline.GenerateToFileAsync(request, clip, new SaveOptions { Overwrite = true });
            File.Delete(clip);
            chart.AddStack($"{side} × {side}", [.. saved.Timings.Where(t => t.Stage != GenerationStage.Queued).Select(t => (t.Stage.ToString(), t.Elapsed.TotalSeconds))]);
        }

        chart.Write(Path.Combine(folder, "stages.svg"));
    }
}
