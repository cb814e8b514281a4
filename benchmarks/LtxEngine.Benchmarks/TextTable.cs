using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Measures the text model on our kernels beside the layer graph and prints the table of <c>docs/performance.md</c>: a few layers of 12B's width with
/// random weights, and the demo's text model.
/// <para>
/// For machines that others use at the same time: times are processor time of this process, and every round measures the memory and all paths once.
/// The table shows medians over the rounds.
/// </para>
/// </summary>
internal static class TextTable
{
    private const int Rounds = 5;
    private const int EncodedTokens = 256;
    private const int PastTokens = 32;

    // Far more than the caches hold.
    private const int MemoryProbeBytes = 256 << 20;

    /// <summary>Runs <c>text [LAYERS [THREADS]]</c>.</summary>
    /// <param name="arguments">The arguments after <c>text</c>.</param>
    public static void Run(string[] arguments)
    {
        int layers = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 2;
        int threads = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        string folder = Directory.CreateTempSubdirectory("ltx-text-").FullName;
        try
        {
            GemmaConfiguration configuration = FullWidth(layers);
            string file = Path.Combine(folder, "model.safetensors");
            Write(file, configuration);
            using (SafetensorsFile weights = SafetensorsFile.Open(file))
            {
                Measure($"{layers} layers of 12B's width", configuration, weights, threads);
            }

            string demo = Path.Combine(ModelBenchmark.Model, "gemma");
            using Checkpoint checkpoint = Checkpoint.Open(demo);
            Measure("models/demo", GemmaConfiguration.Load(Path.Combine(demo, "config.json")), checkpoint, threads);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string title, GemmaConfiguration configuration, ITensorCollection weights, int threads)
    {
        long layerBytes = GemmaLayerGraph.Parts(configuration).Where(part => part.Shape.Rank == 2).Sum(part => part.Shape.ElementCount) * sizeof(ushort);
        long headBytes = (long)configuration.VocabularySize * configuration.HiddenSize * sizeof(ushort);
        double tokenBytes = (layerBytes * configuration.LayerCount) + headBytes;
        using TextPath kernels = new("kernels, fp32", configuration, weights, new CpuComputeDevice(threads), threads);
        using TextPath? brain = BrainPath(configuration, weights, threads);
        using TextPath graph = new("graph (ONNX Runtime)", configuration, weights, device: null, threads);
        TextPath[] paths = brain is null ? [kernels, graph] : [kernels, brain, graph];
        float[] values = new float[MemoryProbeBytes / sizeof(float)];
        Array.Fill(values, 1f);
        List<double> memory = [];

        // The first run of each compiles, grows its memory, and is what memory is measured in.
        Array.ForEach(paths, path => path.WarmUp());
        for (int round = 0; round < Rounds; round++)
        {
            memory.Add(threads * 4.0 * MemoryProbeBytes / Statistics.ProcessorSeconds(() => PeakProbe.OnAll(threads, () => Repeat(4, () => TensorPrimitives.Sum(values)))) / 1e9);
            Array.ForEach(paths, path => path.Measure());
        }

        Console.WriteLine();
        Console.WriteLine($"### {title}, {threads} {(threads == 1 ? "thread" : "threads")}");
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A plain sum over memory: {Statistics.Median(memory):F1} GB/s per thread."));
        Console.WriteLine();
        Console.WriteLine($"| path | encode {EncodedTokens} tokens, ms per token and layer | × graph | decode one token, ms per layer | × graph | GB/s of weights per thread | private memory, MB | with pages of the file, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (TextPath path in paths)
        {
            double encode = 1000 * Statistics.Median(path.Encode) / EncodedTokens / configuration.LayerCount;
            double decode = 1000 * Statistics.Median(path.Decode) / configuration.LayerCount;
            double bandwidth = tokenBytes / Statistics.Median(path.Decode) / 1e9;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {path.Name} | {encode:F3} | {Statistics.Median(graph.Encode) / Statistics.Median(path.Encode):F2} | {decode:F2} | {Statistics.Median(graph.Decode) / Statistics.Median(path.Decode):F1} | {bandwidth:F1} | {path.PrivateBytes / 1e6:F0} | {path.ResidentBytes / 1e6:F0} |"));
        }

        Console.WriteLine();
        Console.WriteLine("Cosine of the last hidden states to those of the graph: "
            + string.Join(", ", paths.Where(path => path != graph).Select(path => string.Create(CultureInfo.InvariantCulture, $"{path.Name} {TensorPrimitives.CosineSimilarity(path.LastState, graph.LastState):F7}"))) + ".");
    }

    private static TextPath? BrainPath(GemmaConfiguration configuration, ITensorCollection weights, int threads)
    {
        CpuComputeDevice device = new(threads, precision: ComputePrecision.BrainFloat);
        if (device.Precision == ComputePrecision.BrainFloat)
        {
            return new TextPath("kernels, bf16", configuration, weights, device, threads);
        }

        device.Dispose();
        return null;
    }

    private static void Repeat(int count, Action run)
    {
        for (int i = 0; i < count; i++)
        {
            run();
        }
    }

    private static GemmaConfiguration FullWidth(int layers) => new()
    {
        VocabularySize = 4096,
        HiddenSize = 3840,
        IntermediateSize = 15360,
        LayerCount = layers,
        HeadCount = 16,
        KeyValueHeadCount = 8,
        HeadDimension = 256,
        NormEpsilon = 1e-6,
        QueryPreAttentionScalar = 256,
        SlidingWindow = 1024,
        HiddenActivation = "gelu_pytorch_tanh",
        GlobalLayers = [layers - 1],
        GlobalTheta = 1e6,
        GlobalLinearFactor = 8,
        LocalTheta = 1e4,
        Vision = null,
        TokensPerImage = 256,
        ImageTokenId = 262144,
        StopIds = [],
    };

    /// <summary>Matrices of ±2⁻⁶·(1 … 2), about 1/√inputs; norms of 0 … 0.03. A bf16 is sign, exponent and fraction: random bits do.</summary>
    private static void Write(string path, GemmaConfiguration configuration)
    {
        (string Name, DataType DataType, TensorShape Shape)[] tensors =
        [
            ("model.embed_tokens.weight", DataType.BFloat16, new TensorShape(configuration.VocabularySize, configuration.HiddenSize)),
            ("model.norm.weight", DataType.BFloat16, new TensorShape(configuration.HiddenSize)),
            .. Enumerable.Range(0, configuration.LayerCount).SelectMany(layer => GemmaLayerGraph.Parts(configuration)
                .Select(part => ($"model.layers.{layer}.{part.Name}", DataType.BFloat16, part.Shape))),
        ];
        Random random = new(1);
        byte[] chunk = new byte[1 << 20];
        using SafetensorsWriter writer = new(path, tensors);
        foreach ((_, _, TensorShape shape) in tensors)
        {
            for (long remaining = shape.ElementCount * sizeof(ushort); remaining > 0; remaining -= chunk.Length)
            {
                Span<byte> part = chunk.AsSpan(0, (int)Math.Min(remaining, chunk.Length));
                random.NextBytes(part);
                for (int i = 0; i < part.Length; i += sizeof(ushort))
                {
                    ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(part[i..]);
                    BinaryPrimitives.WriteUInt16LittleEndian(part[i..], (ushort)((bits & (shape.Rank == 2 ? 0x807F : 0x007F)) | 0x3C80));
                }

                writer.Append(part);
            }
        }

        writer.Complete();
    }

    /// <summary>One way to run the text model.</summary>
    private sealed class TextPath(string name, GemmaConfiguration configuration, ITensorCollection weights, CpuComputeDevice? device, int threads) : IDisposable
    {
        private readonly int[] _ids = [.. Enumerable.Range(0, EncodedTokens).Select(i => 2 + (i * 7 % 1000))];
        private ITextModel? _model;
        private KeyValueCache? _cache;

        public string Name => name;

        public List<double> Encode { get; } = [];

        public List<double> Decode { get; } = [];

        public long PrivateBytes { get; private set; }

        public long ResidentBytes { get; private set; }

        public float[] LastState { get; private set; } = [];

        public void WarmUp()
        {
            using ResidentMemory memory = new();
            _model = device is null
                ? new GemmaTextModel(configuration, weights, sessionOptions: GraphSessionOptions.Default with { ThreadCount = threads })
                : new DeviceTextModel(configuration, weights, device);
            _model.Prefill([_ids], (_, index, state) => LastState = index == configuration.LayerCount ? [.. state.Data] : LastState);
            (PrivateBytes, ResidentBytes) = memory.Growth();
            _cache = _model.CreateCache();
            _ = _model.Decode(_ids[..PastTokens], _cache);
            _ = _model.Decode([5], _cache);
        }

        public void Measure()
        {
            Encode.Add(Statistics.ProcessorSeconds(() => _model!.Prefill([_ids], (_, _, _) => { })));

            // Encoding gives the pages of the file back.
            _ = _model!.Decode([5], _cache!);
            Decode.Add(Statistics.ProcessorSeconds(() => _model!.Decode([5], _cache!)));
        }

        public void Dispose()
        {
            _cache?.Dispose();
            _model?.Dispose();
            device?.Dispose();
        }
    }
}
