using System.Diagnostics;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Execution;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Networks.Transformer;
using LtxEngine.Profiling;

namespace LtxEngine.Benchmarks;

/// <summary>A whole block of the 19B transformer beside the same block as one ONNX Runtime graph, with random weights.</summary>
internal static class BlockTable
{
    private const int Rounds = 5;

    private static readonly (string Name, ComputePrecision Precision)[] Precisions =
        [("LtxEngine, fp32", ComputePrecision.Single), ("LtxEngine, bf16", ComputePrecision.BrainFloat), ("LtxEngine, int8", ComputePrecision.Int8)];

    /// <summary>Measures and prints a Markdown table.</summary>
    /// <param name="tokens">Video tokens, such as 1536 for 25 frames of 768 × 512.</param>
    /// <param name="threads">Threads.</param>
    public static void Run(int tokens, int threads)
    {
        PeerRounds.Write($"graph against engine, small block with random weights: relative error {TransformerBlockCheck.RelativeError():0.0e-0}");
        string path = Path.Combine(Path.GetTempPath(), $"ltx-block-{Guid.NewGuid():N}.safetensors");
        try
        {
            SyntheticModel.Write(path, SyntheticModelSize.Full, layers: 1, sparse: false);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Run(file, tokens, threads);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Run(SafetensorsFile file, int tokens, int threads)
    {
        using PeerRounds rounds = new(Rounds);
        List<TransformerBlockPass> passes = [];
        List<ComputePrecision> precisions = [];
        foreach ((string name, ComputePrecision precision) in Precisions)
        {
            CpuComputeDevice device = rounds.Own(new CpuComputeDevice(threads, precision: precision));
            if (device.Precision == precision)
            {
                TransformerBlockPass pass = rounds.Own(new TransformerBlockPass(file, device, tokens));
                passes.Add(pass);
                precisions.Add(precision);
                rounds.Add(name, () => pass.Run());
            }
        }

        TransformerStructure structure = TransformerStructure.From(TransformerConfiguration.Read(file, new ProblemList()));
        TransformerBlockGraph graph = new(file, structure, tokens, TransformerBlockPass.AudioTokens, TransformerBlockPass.TextRows);
        GraphSession session = rounds.Own(GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = threads, ReleaseMemoryAfterRun = false }));
        rounds.Add("ONNX Runtime graph, fp32", () => session.Run(graph.Inputs));
        rounds.Measure();

        double operations = TransformerBlockPass.Operations(tokens);
        float[] reference = [.. passes[0].Run()];
        PeerRounds.Write($"\n{tokens} video tokens, {TransformerBlockPass.AudioTokens} audio tokens, {TransformerBlockPass.TextRows} text rows; {threads} threads; {operations / 1e9:F0} · 10⁹ operations\n");
        double megapixels = tokens * 32 * 32 * 8 / 1e6;
        Console.WriteLine("| path | 10⁹ op/s per thread | processor seconds | s per megapixel, a pass of 48 blocks | × ONNX Runtime graph | relative error | wall time in products and attention |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        int peer = passes.Count;
        for (int i = 0; i <= peer; i++)
        {
            FormattableString own = i < peer ? (FormattableString)$"{Statistics.RelativeError(reference, passes[i].Run()):0.0e-0} | {100 * ShareOfProducts(file, tokens, threads, precisions[i]):F0} %" : $" | ";
            PeerRounds.Write($"| {rounds.Names[i]} | {operations / rounds.Seconds(i) / 1e9:F0} | {rounds.Seconds(i):F2} | {48 * rounds.Seconds(i) / threads / megapixels:F1} | {rounds.Ratio(i, peer):F2} | {FormattableString.Invariant(own)} |");
        }
    }

    /// <summary>Part of a pass's wall time that is spent in products and attention; every operation is waited for.</summary>
    private static double ShareOfProducts(SafetensorsFile file, int tokens, int threads, ComputePrecision precision)
    {
        TimingProfile profile = new();
        using ProfilingDevice device = new(new CpuComputeDevice(threads, precision: precision), profile);
        using TransformerBlockPass pass = new(file, device, tokens);
        pass.Run();
        profile.Clear();
        profile.Enter(GenerationStage.Denoising);
        long start = Stopwatch.GetTimestamp();
        pass.Run();
        double all = Stopwatch.GetElapsedTime(start).TotalSeconds;
        profile.Leave();
        return profile.Operations.Where(row => row.Operation is "linear" or "attention").Sum(row => row.Elapsed.TotalSeconds) / all;
    }
}
