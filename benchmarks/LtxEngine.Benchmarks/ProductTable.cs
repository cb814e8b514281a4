using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Measures every path of linear layers and attention beside its peak and beside ONNX Runtime, and prints the tables of
/// <c>docs/performance.md</c> and the targets. See <see cref="Contest"/> for how.
/// </summary>
internal static class ProductTable
{
    private const string InChild = "avx2";

    // Together more than the caches hold, so that a weight is not there any more when its turn comes again.
    private const long WeightsInTurn = 192L << 20;

    private static readonly (int Tokens, int Inputs, int Outputs)[] Linears = [(1024, 4096, 4096), (256, 2048, 2048), (64, 4096, 4096)];

    private static readonly (int Inputs, int Outputs)[] FewTokens = [(4096, 4096), (4096, 16384)];

    private static readonly (int Queries, int Keys, int Heads, int HeadDimension)[] Attentions = [(1536, 1536, 32, 128), (1536, 256, 32, 128)];

    /// <summary>Measures and prints.</summary>
    /// <param name="parts">Any of linear, few, attention, convolution, fusion, avx2 (in a child process without AVX-512); all when empty.</param>
    /// <returns>0.</returns>
    public static int Run(string[] parts)
    {
        TargetTable targets = new();
        bool isChild = Environment.GetEnvironmentVariable("DOTNET_EnableAVX512") == "0";
        bool Wants(string part) => parts.Length == 0 || parts.Contains(part, StringComparer.Ordinal);
        foreach (int threads in new[] { 1, 2 })
        {
            if (Wants("linear"))
            {
                Array.ForEach(Linears, size => Linear(size.Tokens, size.Inputs, size.Outputs, threads, targets));
            }

            if (Wants("few"))
            {
                Array.ForEach(FewTokens, size => Array.ForEach([1, 2, 4, 8], tokens => Few(tokens, size.Inputs, size.Outputs, threads, targets)));
            }

            if (Wants("attention"))
            {
                Array.ForEach(Attentions, size => Attention(size.Queries, size.Keys, size.Heads, size.HeadDimension, threads, targets));
            }

            if (Wants("fusion"))
            {
                Fusion(256, threads);
            }

            if (Wants("convolution"))
            {
                Convolution(new VolumeShape(3, 16, 24), 1024, threads);
            }

            if (isChild && Wants(InChild))
            {
                Avx2(threads, targets);
            }
        }

        if (!isChild && Wants(InChild) && CpuInstructionSets.IsSupported(CpuInstructionSet.Avx2))
        {
            targets.AddRowsOf(RunChild());
        }

        targets.Print();
        return 0;
    }

    private static void Linear(int tokens, int inputs, int outputs, int threads, TargetTable targets)
    {
        float[] x = BenchmarkValues.Uniform((long)tokens * inputs, 1);
        BenchmarkTensor weight = new(DataType.BFloat16, outputs, inputs);
        BenchmarkTensor small = new(DataType.Float8E4M3, outputs, inputs);
        float[] weights = new float[(long)inputs * outputs];
        TensorConversion.ToFloat32(weight, weights);
        using Contest contest = new(2.0 * tokens * inputs * outputs, threads);
        OnnxPeer matMul = contest.Own(OnnxPeer.MatMul(x, weights, tokens, inputs, outputs, threads));
        OnnxPeer quantized = contest.Own(OnnxPeer.DynamicQuantizeMatMul(x, weights, tokens, inputs, outputs, threads));
        ContestEntry peer = contest.AddPeer("ONNX Runtime MatMul, fp32", matMul.Run, () => matMul.Output.ToArray());
        contest.AddPeer("ONNX Runtime DynamicQuantizeMatMul", quantized.Run, () => quantized.Output.ToArray());
        contest.AddPeaks();
        ContestEntry? single = Add("fp32, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, true, weight, ProductPeak.Multiply512);
        ContestEntry? narrow = Add("fp32, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Single, true, weight, ProductPeak.Multiply256);
        Add("fp32 with fp8 weights, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, true, small, ProductPeak.Multiply512);
        ContestEntry? brain = Add("bf16, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, true, weight, ProductPeak.BrainDot);
        Add("bf16 with fp8 weights, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, true, small, ProductPeak.BrainDot);
        ContestEntry? bytes = Add("int8, AVX-512 VNNI", CpuInstructionSet.Avx512, ComputePrecision.Int8, true, weight, ProductPeak.ByteDot);
        Add("int8, AVX-512 BW", CpuInstructionSet.Avx512, ComputePrecision.Int8, false, weight, ProductPeak.Bytes512);
        string title = Title(tokens, inputs, outputs);
        contest.Print(title);
        if ((tokens, inputs, outputs) != Linears[0])
        {
            return;
        }

        string name = $"{title}, {Threads(threads)}: ";
        if ((single ?? narrow) is { } best)
        {
            targets.Add(name + best.Name + ", of the multiply-add peak", contest.ShareOfPeak(best), 0.8, isShare: true);
            targets.Add(name + best.Name + ", to ONNX Runtime MatMul", Contest.Ratio(best, peer), 1.05, isShare: false);
        }

        if (brain is not null)
        {
            targets.Add(name + brain.Name + ", of the VDPBF16PS peak", contest.ShareOfPeak(brain), threads == 1 ? 0.82 : 0.8, isShare: true);
        }

        if (bytes is not null)
        {
            targets.Add(name + bytes.Name + ", of the VPDPBUSD peak", contest.ShareOfPeak(bytes), 0.8, isShare: true);
        }

        ContestEntry? Add(string path, CpuInstructionSet set, ComputePrecision precision, bool allowsMachineCode, BenchmarkTensor stored, ProductPeak peak)
        {
            if (!CpuInstructionSets.IsSupported(set))
            {
                return null;
            }

            CpuComputeDevice device = contest.Device(set, precision, allowsMachineCode);
            DeviceMatrix input = contest.Place(device, x, tokens, inputs);
            DeviceMatrix output = contest.Place(device, new float[(long)tokens * outputs], tokens, outputs);
            IDeviceWeight packed = contest.Own(device.PrepareLinear([new LinearPart(stored, null)]));
            return contest.Add(path, peak, () => device.Linear(input, packed, output, LinearEpilogue.Store), ReferenceEquals(stored, weight) ? () => Read(device, output) : null);
        }
    }

    /// <summary>Few tokens, where reading the weights takes the time: several weights take turns, so that none is in the caches.</summary>
    private static void Few(int tokens, int inputs, int outputs, int threads, TargetTable targets)
    {
        float[] x = BenchmarkValues.Uniform((long)tokens * inputs, 1);
        BenchmarkTensor weight = new(DataType.BFloat16, outputs, inputs);
        BenchmarkTensor small = new(DataType.Float8E4M3, outputs, inputs);
        using Contest contest = new(2.0 * tokens * inputs * outputs, threads);
        contest.AddPeaks();
        CpuInstructionSet set = CpuInstructionSets.Best;
        bool isWide = set == CpuInstructionSet.Avx512;
        ContestEntry?[] entries =
        [
            Add("fp32", set, ComputePrecision.Single, weight, isWide ? ProductPeak.Multiply512 : ProductPeak.Multiply256),
            Add("bf16", set, ComputePrecision.BrainFloat, weight, ProductPeak.BrainDot),
            Add("int8", set, ComputePrecision.Int8, weight, !isWide ? ProductPeak.Bytes256 : AssembledBytes ? ProductPeak.ByteDot : ProductPeak.Bytes512),
            Add("fp32 with fp8 weights", set, ComputePrecision.Single, small, isWide ? ProductPeak.Multiply512 : ProductPeak.Multiply256),
            Add("bf16 with fp8 weights", set, ComputePrecision.BrainFloat, small, ProductPeak.BrainDot),
        ];
        string title = Title(tokens, inputs, outputs);
        contest.Print(title);
        if (tokens > 4)
        {
            // Arithmetic takes as long as reading then: memory is not the limit alone.
            return;
        }

        foreach (ContestEntry entry in entries.OfType<ContestEntry>())
        {
            targets.Add($"{title}, {Threads(threads)}: {entry.Name}, {CpuInstructionSets.Describe(set)}, of memory speed", contest.ShareOfMemory(entry), 0.75, isShare: true);
        }

        ContestEntry? Add(string path, CpuInstructionSet instructions, ComputePrecision precision, BenchmarkTensor stored, ProductPeak peak)
        {
            CpuComputeDevice device = contest.Device(instructions, precision);
            DeviceMatrix input = contest.Place(device, x, tokens, inputs);
            DeviceMatrix output = contest.Place(device, new float[(long)tokens * outputs], tokens, outputs);
            List<IDeviceWeight> inTurn = [];
            do
            {
                inTurn.Add(contest.Own(device.PrepareLinear([new LinearPart(stored, null)])));
            }
            while (inTurn.Count * inTurn[0].ByteLength < WeightsInTurn);
            int next = 0;
            return contest.Add(path, peak, () => device.Linear(input, inTurn[next++ % inTurn.Count], output, LinearEpilogue.Store), null, inTurn[0].ByteLength);
        }
    }

    private static void Attention(int queries, int keys, int heads, int headDimension, int threads, TargetTable targets)
    {
        int width = heads * headDimension;
        float[] query = BenchmarkValues.Uniform((long)queries * width, 1);
        float[] key = BenchmarkValues.Uniform((long)keys * width, 2);
        float[] value = BenchmarkValues.Uniform((long)keys * width, 3);
        using Contest contest = new(4.0 * queries * keys * width, threads);
        OnnxPeer peer = contest.Own(OnnxPeer.MultiHeadAttention(query, key, value, queries, keys, heads, headDimension, threads));
        ContestEntry theirs = contest.AddPeer("ONNX Runtime MultiHeadAttention, fp32", peer.Run, () => peer.Output.ToArray());
        contest.AddPeaks();
        ContestEntry? single = Add("fp32, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, ProductPeak.Multiply512);
        ContestEntry? narrow = Add("fp32, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Single, ProductPeak.Multiply256);
        ContestEntry? brain = Add("bf16, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, ProductPeak.BrainDot);
        string title = $"attention {queries} × {keys}, {heads} heads of {headDimension}";
        contest.Print(title);
        if ((queries, keys, heads, headDimension) != Attentions[0])
        {
            return;
        }

        if ((single ?? narrow) is { } best)
        {
            targets.Add($"{title}, {Threads(threads)}: {best.Name}, to ONNX Runtime", Contest.Ratio(best, theirs), 1.05, isShare: false);
        }

        if (brain is not null)
        {
            targets.Add($"{title}, {Threads(threads)}: {brain.Name}, to ONNX Runtime", Contest.Ratio(brain, theirs), 1.8, isShare: false);
        }

        ContestEntry? Add(string path, CpuInstructionSet set, ComputePrecision precision, ProductPeak peak)
        {
            if (!CpuInstructionSets.IsSupported(set))
            {
                return null;
            }

            CpuComputeDevice device = contest.Device(set, precision);
            DeviceMatrix q = contest.Place(device, query, queries, width);
            DeviceMatrix k = contest.Place(device, key, keys, width);
            DeviceMatrix v = contest.Place(device, value, keys, width);
            DeviceMatrix output = contest.Place(device, new float[(long)queries * width], queries, width);
            return contest.Add(path, peak, () => device.Attention(q, k, v, output, heads, 1 / MathF.Sqrt(headDimension)), () => Read(device, output));
        }
    }

    /// <summary>A convolution of the latent upsampler: 3 × 3 × 3, as many outputs as inputs.</summary>
    private static void Convolution(VolumeShape shape, int channels, int threads)
    {
        float[] x = BenchmarkValues.Uniform((long)shape.Positions * channels, 1);
        BenchmarkTensor weight = new(DataType.BFloat16, channels, channels, 3, 3, 3);
        using Contest contest = new(2.0 * 27 * shape.Positions * channels * channels, threads);
        contest.AddPeaks();
        Add("fp32, AVX-512", CpuInstructionSet.Avx512, ComputePrecision.Single, ProductPeak.Multiply512);
        Add("fp32, AVX2", CpuInstructionSet.Avx2, ComputePrecision.Single, ProductPeak.Multiply256);
        Add("bf16, AVX-512 BF16", CpuInstructionSet.Avx512, ComputePrecision.BrainFloat, ProductPeak.BrainDot);
        contest.Print($"convolution 3 × 3 × 3, {channels} channels, {shape.Frames} × {shape.Height} × {shape.Width}");

        void Add(string path, CpuInstructionSet set, ComputePrecision precision, ProductPeak peak)
        {
            if (!CpuInstructionSets.IsSupported(set))
            {
                return;
            }

            CpuComputeDevice device = contest.Device(set, precision);
            DeviceMatrix input = contest.Place(device, x, shape.Positions, channels);
            DeviceMatrix output = contest.Place(device, new float[(long)shape.Positions * channels], shape.Positions, channels);
            IDeviceWeight packed = contest.Own(device.PrepareConvolution(new ConvolutionPart(weight, null)));
            contest.Add(path, peak, () => device.Convolution(input, shape, packed, output), () => Read(device, output));
        }
    }

    /// <summary>
    /// What a norm in its product is worth in a feed-forward at 19B width, beside the norm as an operation of its own.
    /// </summary>
    private static void Fusion(int tokens, int threads)
    {
        const int Width = 4096, Hidden = 4 * Width;
        BenchmarkTensor first = new(DataType.BFloat16, Hidden, Width);
        BenchmarkTensor second = new(DataType.BFloat16, Width, Hidden);
        float[] x = BenchmarkValues.Uniform((long)tokens * Width, 1);
        using Contest contest = new(4.0 * tokens * Width * Hidden, threads);
        contest.AddPeaks();
        Add("fp32", ComputePrecision.Single, ProductPeak.Multiply512);
        Add("bf16", ComputePrecision.BrainFloat, ProductPeak.BrainDot);
        Add("int8", ComputePrecision.Int8, ProductPeak.ByteDot);
        contest.Print($"feed-forward {tokens} × {Width} × {Hidden}, fusions");

        void Add(string path, ComputePrecision precision, ProductPeak peak)
        {
            CpuComputeDevice device = contest.Device(CpuInstructionSets.Best, precision);
            IDeviceWeight up = contest.Own(device.PrepareLinear([new LinearPart(first, null)]));
            IDeviceWeight down = contest.Own(device.PrepareLinear([new LinearPart(second, null)]));
            DeviceMatrix residual = contest.Place(device, x, tokens, Width);
            DeviceMatrix normed = contest.Place(device, x, tokens, Width);
            DeviceMatrix hidden = contest.Place(device, new float[(long)tokens * Hidden], tokens, Hidden);
            LinearEpilogue gelu = LinearEpilogue.Activate(Activation.GeluTanh);
            LinearEpilogue add = LinearEpilogue.AddTo(null);
            contest.Add($"{path}, norm beside the product", peak, Apart, null);
            contest.Add($"{path}, norm in the product", peak, InProduct, null);

            void Apart()
            {
                device.RmsNormModulate(residual, 1e-6f, null, null, normed);
                device.Linear(normed, up, hidden, gelu);
                device.Linear(hidden, down, residual, add);
            }

            void InProduct()
            {
                device.Linear(residual, up, hidden, gelu, new RmsNorm(1e-6f, null, null));
                device.Linear(hidden, down, residual, add);
            }
        }
    }

    /// <summary>
    /// The paths of a processor without AVX-512. In a process of its own, because with AVX-512 the compiler gives 256-bit code 32 registers and
    /// instructions that AVX2 lacks.
    /// </summary>
    private static void Avx2(int threads, TargetTable targets)
    {
        (int tokens, int inputs, int outputs) = Linears[0];
        float[] x = BenchmarkValues.Uniform((long)tokens * inputs, 1);
        BenchmarkTensor weight = new(DataType.BFloat16, outputs, inputs);
        using Contest contest = new(2.0 * tokens * inputs * outputs, threads);
        contest.AddPeaks();
        ContestEntry single = Add("fp32, AVX2", ComputePrecision.Single, ProductPeak.Multiply256);
        bool hasVnni = AvxVnni.IsSupported;
        ContestEntry bytes = Add(hasVnni ? "int8, AVX-VNNI" : "int8, AVX2", ComputePrecision.Int8, hasVnni ? ProductPeak.ByteDot256 : ProductPeak.Bytes256);
        string title = Title(tokens, inputs, outputs);
        contest.Print(title + ", AVX-512 switched off");
        string name = $"{title}, {Threads(threads)}, AVX-512 switched off: ";
        targets.Add(name + "fp32, AVX2, of the multiply-add peak", contest.ShareOfPeak(single), 0.8, isShare: true);
        targets.Add($"{name}{bytes.Name}, of the {(hasVnni ? "VPDPBUSD" : "VPMADDUBSW")} peak", contest.ShareOfPeak(bytes), hasVnni ? 0.8 : 0.75, isShare: true);
        targets.Add($"{name}{bytes.Name}, to fp32", Contest.Ratio(bytes, single), 1.4, isShare: false);

        ContestEntry Add(string path, ComputePrecision precision, ProductPeak peak)
        {
            CpuComputeDevice device = contest.Device(CpuInstructionSet.Avx2, precision);
            DeviceMatrix input = contest.Place(device, x, tokens, inputs);
            DeviceMatrix output = contest.Place(device, new float[(long)tokens * outputs], tokens, outputs);
            IDeviceWeight packed = contest.Own(device.PrepareLinear([new LinearPart(weight, null)]));
            return contest.Add(path, peak, () => device.Linear(input, packed, output, LinearEpilogue.Store), () => Read(device, output))!;
        }
    }

    private static string RunChild()
    {
        string executable = Path.ChangeExtension(typeof(ProductTable).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        ProcessStartInfo start = new(executable) { RedirectStandardOutput = true };
        start.ArgumentList.Add("products");
        start.ArgumentList.Add(InChild);
        start.Environment["DOTNET_EnableAVX512"] = "0";
        using Process child = Process.Start(start) ?? throw new InvalidOperationException($"{executable} did not start.");
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Console.Write(output[..Math.Max(0, output.IndexOf("### Targets", StringComparison.Ordinal))]);
        return child.ExitCode == 0 ? output : throw new InvalidOperationException($"{executable} without AVX-512 ended with {child.ExitCode}.");
    }

    private static bool AssembledBytes => Kernels.Cpu.MachineCode.AssembledMicroKernels.For(Kernels.Cpu.MachineCode.MicroKernelKind.ByteQuads) is not null;

    private static string Title(int tokens, int inputs, int outputs) => $"{tokens} × {outputs} × {inputs}";

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";

    private static float[] Read(CpuComputeDevice device, DeviceMatrix matrix)
    {
        float[] values = new float[(long)matrix.Rows * matrix.Columns];
        device.Download(matrix, values);
        return values;
    }
}
