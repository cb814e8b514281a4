using System.Diagnostics;
using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Profiling;

namespace LtxEngine.Benchmarks;

/// <summary>
/// One forward pass of the transformer in a checkpoint with its blocks streamed from the file, and what it took: seconds per block, share of
/// the peak, and the most physical memory of the process as the kernel counted it. Meant for <c>ltx synth</c> files of full width.
/// </summary>
internal static class ForwardMeasurement
{
    private const int TextRows = 1024;

    /// <summary>Runs <c>forward FILE WIDTHxHEIGHTxFRAMES [THREADS [PASSES [fp32|bf16|int8]]]</c>.</summary>
    /// <param name="arguments">The arguments after <c>forward</c>.</param>
    /// <returns>0, or 2 for wrong use.</returns>
    public static int Run(string[] arguments)
    {
        int[] size = arguments.Length is >= 2 and <= 5 ? [.. arguments[1].Split('x').Select(Number)] : [];
        if (size.Length != 3)
        {
            Console.Error.WriteLine("usage: forward FILE WIDTHxHEIGHTxFRAMES [THREADS [PASSES [fp32|bf16|int8]]]");
            return 2;
        }

        int threads = arguments.Length > 2 ? Number(arguments[2]) : Environment.ProcessorCount;
        int passes = arguments.Length > 3 ? Number(arguments[3]) : 1;
        ComputePrecision precision = arguments.Length > 4 && arguments[4] == "int8" ? ComputePrecision.Int8 : arguments.Length > 4 && arguments[4] == "bf16" ? ComputePrecision.BrainFloat : ComputePrecision.Single;
        double peak = PeakProbe.GigaflopsPerSecond(threads);
        TimingProfile profile = new();
        profile.Enter(GenerationStage.Denoising);
        using SafetensorsFile file = SafetensorsFile.Open(arguments[0]);
        using ProfilingDevice device = new(new CpuComputeDevice(threads, precision: precision), profile);
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, device, new TransformerOptions { Residency = WeightResidency.StreamedAhead(2) });
        TransformerStructure structure = transformer.Structure;
        VideoLatentShape video = VideoLatentShape.FromClip(structure.Video.InChannels, size[2], size[1], size[0]);
        int audioTokens = AudioTiming.Default.LatentFrames(size[2], 24);
        Write($"file         {new FileInfo(arguments[0]).Length / 1e9:F2} GB, {structure.Layers} blocks, width {structure.Video.Width}");
        Write($"tokens       {video.TokenCount} video, {audioTokens} audio, {TextRows} text");
        Write($"device       {device.Name}");

        using TextConditioning text = transformer.PrepareText(
            Values(TextRows * structure.Video.ContextWidth), Values(TextRows * structure.Audio!.ContextWidth));
        using TransformerWorkspace workspace = transformer.CreateWorkspace(
            video.TokenCount, Positions(3, video.TokenCount), audioTokens, Positions(1, audioTokens));
        float[] videoVelocity = new float[video.TokenCount * structure.Video.OutChannels];
        float[] audioVelocity = new float[audioTokens * structure.Audio.OutChannels];
        TransformerInputs inputs = new()
        {
            VideoLatent = Values(video.TokenCount * structure.Video.InChannels),
            VideoTimesteps = Same(video.TokenCount),
            AudioLatent = Values(audioTokens * structure.Audio.InChannels),
            AudioTimesteps = Same(audioTokens),
            Text = text,
        };
        double flopsBefore = Flops(profile);
        List<double> seconds = [];
        for (int pass = 0; pass < passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            transformer.Forward(workspace, inputs, videoVelocity, audioVelocity);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            Write($"pass {pass + 1}       {seconds[pass]:F2} s, {seconds[pass] / structure.Layers:F2} s per block");
        }

        profile.Leave();
        peak = Math.Max(peak, PeakProbe.GigaflopsPerSecond(threads));
        double median = seconds.Order().ElementAt(seconds.Count / 2);
        double rate = (Flops(profile) - flopsBefore) / passes / median / 1e9;
        bool isFinite = Array.TrueForAll(videoVelocity, float.IsFinite) && Array.TrueForAll(audioVelocity, float.IsFinite);
        Write($"arithmetic   {rate:F1} GFLOP/s of {peak:F1} GFLOP/s fp32 peak on {threads} threads: {100 * rate / peak:F0} %");
        foreach (OperationTiming row in profile.Operations.OrderByDescending(row => row.Elapsed))
        {
            Write($"  {row.Operation,-30}{row.Elapsed.TotalSeconds:F3} s, {row.Flops / row.Elapsed.TotalSeconds / 1e9:F1} GFLOP/s");
        }

        Write($"device       {device.AllocatedBytes / 1e9:F2} GB in buffers and weights at the end");
        Write($"resident     {PeakResidentBytes() / 1e9:F2} GB at most");
        Write($"finite       {isFinite}");
        return isFinite ? 0 : 1;
    }

    private static double Flops(TimingProfile profile) => profile.Operations.Sum(row => row.Flops);

    /// <summary>VmHWM of Linux, which counts pages of mapped files too; elsewhere the runtime's figure.</summary>
    private static long PeakResidentBytes()
    {
        const string Status = "/proc/self/status";
        string? line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
        return line is null
            ? Process.GetCurrentProcess().PeakWorkingSet64
            : 1024 * long.Parse(line.AsSpan("VmHWM:".Length, line.Length - "VmHWM:".Length - " kB".Length).Trim(), CultureInfo.InvariantCulture);
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static float[] Values(int count)
    {
        Random random = new(1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        return values;
    }

    private static float[] Same(int count)
    {
        float[] values = new float[count];
        Array.Fill(values, 0.7f);
        return values;
    }

    private static float[] Positions(int axes, int tokens)
    {
        float[] positions = new float[axes * tokens * 2];
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = i % 97;
        }

        return positions;
    }
}
