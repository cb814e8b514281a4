using System.Numerics.Tensors;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Measures every path of linear layers and attention beside its peak and beside ONNX Runtime, and prints the tables of
/// <c>docs/performance.md</c>.
/// <para>
/// For machines that others use at the same time: rates are per second of processor time of this process, not of wall time, and each round
/// measures the peaks and all paths once, so that what disturbs one disturbs all. The table shows medians over the rounds, shares of a peak and
/// ratios are medians of the ratios within a round.
/// </para>
/// </summary>
internal static class ProductTable
{
    private const int Rounds = 7;

    // Far more than the caches hold.
    private const int MemoryProbeBytes = 256 << 20;

    private static readonly (int Tokens, int Inputs, int Outputs)[] Linears = [(1024, 4096, 4096), (256, 2048, 2048), (64, 4096, 4096), (1, 4096, 4096)];

    private static readonly (int Queries, int Keys, int Heads, int HeadDimension)[] Attentions = [(1536, 1536, 32, 128), (1536, 256, 32, 128)];

    /// <summary>Measures and prints.</summary>
    public static void Run()
    {
        foreach (int threads in new[] { 1, 2 })
        {
            foreach ((int tokens, int inputs, int outputs) in Linears)
            {
                Linear(tokens, inputs, outputs, threads);
            }

            foreach ((int queries, int keys, int heads, int headDimension) in Attentions)
            {
                Attention(queries, keys, heads, headDimension, threads);
            }
        }
    }

    private static void Linear(int tokens, int inputs, int outputs, int threads)
    {
        float[] x = BenchmarkValues.Uniform((long)tokens * inputs, 1);
        BenchmarkTensor weight = new(DataType.BFloat16, outputs, inputs);
        BenchmarkTensor small = new(DataType.Float8E4M3, outputs, inputs);
        float[] weights = new float[(long)inputs * outputs];
        TensorConversion.ToFloat32(weight, weights);
        using Contest contest = new(2.0 * tokens * inputs * outputs, threads);
        OnnxPeer matMul = contest.Own(OnnxPeer.MatMul(x, weights, tokens, inputs, outputs, threads));
        OnnxPeer quantized = contest.Own(OnnxPeer.DynamicQuantizeMatMul(x, weights, tokens, inputs, outputs, threads));
        contest.AddPeer("ONNX Runtime MatMul, fp32", matMul.Run, () => matMul.Output.ToArray());
        contest.AddPeer("ONNX Runtime DynamicQuantizeMatMul", quantized.Run, () => quantized.Output.ToArray());
        contest.AddPeaks();
        Add("fp32, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, true, weight, Peak.Multiply512);
        Add("fp32, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Single, true, weight, Peak.Multiply256);
        Add("fp32 with fp8 weights, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, true, small, Peak.Multiply512);
        Add("bf16, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, true, weight, Peak.BrainDot);
        Add("bf16 with fp8 weights, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, true, small, Peak.BrainDot);
        Add("int8, AVX-512 VNNI", CpuInstructionSet.Avx512, ComputePrecision.Int8, true, weight, Peak.ByteDot);
        Add("int8, AVX-512 BW", CpuInstructionSet.Avx512, ComputePrecision.Int8, false, weight, Peak.Bytes512);
        Add("int8, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Int8, true, weight, Peak.Bytes256);
        contest.Print($"{tokens} × {outputs} × {inputs}");

        void Add(string name, CpuInstructionSet set, ComputePrecision precision, bool allowsMachineCode, BenchmarkTensor stored, Peak peak)
        {
            if (!CpuInstructionSets.IsSupported(set))
            {
                return;
            }

            CpuComputeDevice device = contest.Own(new CpuComputeDevice(threads, set, precision, allowsMachineCode));
            DeviceMatrix input = Place(contest, device, x, tokens, inputs);
            DeviceMatrix output = Place(contest, device, new float[(long)tokens * outputs], tokens, outputs);
            IDeviceWeight packed = contest.Own(device.PrepareLinear([new LinearPart(stored, null)]));
            contest.Add(name, peak, () => device.Linear(input, packed, output, LinearEpilogue.Store), ReferenceEquals(stored, weight) ? () => Read(device, output) : null, packed.ByteLength);
        }
    }

    private static void Attention(int queries, int keys, int heads, int headDimension, int threads)
    {
        int width = heads * headDimension;
        float[] query = BenchmarkValues.Uniform((long)queries * width, 1);
        float[] key = BenchmarkValues.Uniform((long)keys * width, 2);
        float[] value = BenchmarkValues.Uniform((long)keys * width, 3);
        using Contest contest = new(4.0 * queries * keys * width, threads);
        OnnxPeer peer = contest.Own(OnnxPeer.MultiHeadAttention(query, key, value, queries, keys, heads, headDimension, threads));
        contest.AddPeer("ONNX Runtime MultiHeadAttention, fp32", peer.Run, () => peer.Output.ToArray());
        contest.AddPeaks();
        Add("fp32, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, Peak.Multiply512);
        Add("fp32, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Single, Peak.Multiply256);
        Add("bf16, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, Peak.BrainDot);
        contest.Print($"attention {queries} × {keys}, {heads} heads of {headDimension}");

        void Add(string name, CpuInstructionSet set, ComputePrecision precision, Peak peak)
        {
            if (!CpuInstructionSets.IsSupported(set))
            {
                return;
            }

            CpuComputeDevice device = contest.Own(new CpuComputeDevice(threads, set, precision));
            DeviceMatrix q = Place(contest, device, query, queries, width);
            DeviceMatrix k = Place(contest, device, key, keys, width);
            DeviceMatrix v = Place(contest, device, value, keys, width);
            DeviceMatrix output = Place(contest, device, new float[(long)queries * width], queries, width);
            contest.Add(name, peak, () => device.Attention(q, k, v, output, heads, 1 / MathF.Sqrt(headDimension)), () => Read(device, output));
        }
    }

    private static DeviceMatrix Place(Contest contest, CpuComputeDevice device, float[] values, int rows, int columns)
    {
        DeviceMatrix matrix = contest.Own(device.Allocate((long)rows * columns)).AsMatrix(rows, columns);
        device.Upload(values, matrix);
        return matrix;
    }

    private static float[] Read(CpuComputeDevice device, DeviceMatrix matrix)
    {
        float[] values = new float[(long)matrix.Rows * matrix.Columns];
        device.Download(matrix, values);
        return values;
    }

    /// <summary>What a path can at best reach.</summary>
    private enum Peak
    {
        /// <summary>No peak of ours.</summary>
        None,

        /// <summary>fp32 fused multiply-adds, 512 bits.</summary>
        Multiply512,

        /// <summary>fp32 fused multiply-adds, 256 bits.</summary>
        Multiply256,

        /// <summary>VDPBF16PS.</summary>
        BrainDot,

        /// <summary>VPDPBUSD.</summary>
        ByteDot,

        /// <summary>VPMADDUBSW, VPMADDWD, VPADDD, 512 bits.</summary>
        Bytes512,

        /// <summary>The same, 256 bits.</summary>
        Bytes256,
    }

    /// <summary>All paths of one piece of work.</summary>
    private sealed class Contest(double operations, int threads) : IDisposable
    {
        private readonly Stack<IDisposable> _owned = [];
        private readonly List<Entry> _entries = [];
        private readonly Dictionary<Peak, Entry> _peaks = [];

        public T Own<T>(T owned)
            where T : IDisposable
        {
            _owned.Push(owned);
            return owned;
        }

        public void AddPeaks()
        {
            AddPeak(Peak.Multiply512, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx512) ? PeakProbe.MultiplyAdds(CpuInstructionSet.Avx512) : null);
            AddPeak(Peak.Multiply256, CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2) ? PeakProbe.MultiplyAdds(CpuInstructionSet.Avx2) : null);
            AddPeak(Peak.BrainDot, DotProbe.Assembled(DotInstruction.BrainPairs));
            AddPeak(Peak.ByteDot, DotProbe.Assembled(DotInstruction.ByteQuads));
            AddPeak(Peak.Bytes512, DotProbe.Compiled(isWide: true));
            AddPeak(Peak.Bytes256, DotProbe.Compiled(isWide: false));
        }

        public void AddPeer(string name, Action run, Func<float[]> read) => _entries.Add(new Entry(name, Peak.None, run, operations, read));

        public void Add(string name, Peak peak, Action run, Func<float[]>? read, long weightBytes = 0)
        {
            // A path that this process lacks would run on another one and be named wrongly.
            if (_peaks.ContainsKey(peak))
            {
                _entries.Add(new Entry(name, peak, run, operations, read) { WeightBytes = weightBytes });
            }
        }

        public void Print(string title)
        {
            float[] values = new float[MemoryProbeBytes / sizeof(float)];

            // Untouched pages are all the same one.
            Array.Fill(values, 1f);
            Entry memory = new("memory", Peak.None, () => TensorPrimitives.Sum(values), MemoryProbeBytes, null);
            Entry[] all = [.. _peaks.Values, memory, .. _entries];
            Array.ForEach(all, entry => entry.Run());
            for (int round = 0; round < Rounds; round++)
            {
                Array.ForEach(all, entry => entry.Measure());
            }

            Console.WriteLine();
            Console.WriteLine($"### {title}, {threads} {(threads == 1 ? "thread" : "threads")}");
            Console.WriteLine();
            Console.WriteLine("Peaks in 10⁹ operations per second of one thread: "
                + string.Join(", ", _peaks.Values.Select(peak => $"{peak.Name} {Median(peak.Rates):F0}"))
                + $". Memory: {Median(memory.Rates):F1} GB/s.");
            Console.WriteLine();
            Console.WriteLine($"| path | 10⁹ op/s per thread | of peak | × {_entries[0].Name} | relative error | GB/s of weights |");
            Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
            float[] reference = _entries.First(entry => entry.Peak is Peak.Multiply512 or Peak.Multiply256).Read!();
            foreach (Entry entry in _entries)
            {
                string share = _peaks.TryGetValue(entry.Peak, out Entry? peak) ? $"{100 * Median(Ratios(entry, peak)):F0} %" : string.Empty;
                string error = entry.Read is { } read ? $"{RelativeError(reference, read()):E1}" : string.Empty;
                string bandwidth = entry.WeightBytes > 0 ? $"{Median(entry.Rates) / entry.Operations * entry.WeightBytes:F1}" : string.Empty;
                Console.WriteLine($"| {entry.Name} | {Median(entry.Rates):F0} | {share} | {Median(Ratios(entry, _entries[0])):F2} | {error} | {bandwidth} |");
            }
        }

        public void Dispose()
        {
            while (_owned.TryPop(out IDisposable? owned))
            {
                owned.Dispose();
            }
        }

        private void AddPeak(Peak peak, (Action<int> Loop, double OperationsPerStep)? probe)
        {
            if (probe is { } found)
            {
                const int steps = 1_000_000;
                _peaks[peak] = new Entry(
                    peak.ToString(), Peak.None, () => PeakProbe.OnAll(threads, () => found.Loop(steps)), threads * steps * found.OperationsPerStep, null);
            }
        }

        private static IEnumerable<double> Ratios(Entry a, Entry b) => a.Rates.Zip(b.Rates, (x, y) => x / y);

        private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

        private static double RelativeError(float[] expected, float[] actual)
        {
            double error = 0, size = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                error += Math.Pow(expected[i] - actual[i], 2);
                size += Math.Pow(expected[i], 2);
            }

            return Math.Sqrt(error / size);
        }
    }

    /// <summary>One path, or one peak.</summary>
    private sealed record Entry(string Name, Peak Peak, Action Run, double Operations, Func<float[]>? Read)
    {
        /// <summary>Bytes of weights that one run reads, 0 where they are not known.</summary>
        public long WeightBytes { get; init; }

        /// <summary>10⁹ operations per second of processor time, round by round.</summary>
        public List<double> Rates { get; } = [];

        public void Measure()
        {
            // Short work is repeated: the system counts processor time in microseconds.
            int repetitions = (int)Math.Clamp(4e9 / Operations, 1, 50);
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < repetitions; i++)
            {
                Run();
            }

            Rates.Add(repetitions * Operations / (Environment.CpuUsage.TotalTime - before).TotalSeconds / 1e9);
        }
    }
}
