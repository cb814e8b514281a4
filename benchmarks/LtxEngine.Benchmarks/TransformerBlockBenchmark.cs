using BenchmarkDotNet.Attributes;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Execution;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Benchmarks;

/// <summary>One block of the 19B transformer, video and audio, in the engine and as one ONNX Runtime graph.</summary>
public class TransformerBlockBenchmark : DeviceBenchmark
{
    private string _file = string.Empty;
    private TransformerBlockPass? _pass;
    private GraphSession? _graph;
    private IReadOnlyDictionary<string, GraphTensor> _graphInputs = new Dictionary<string, GraphTensor>();

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public BlockCase Case { get; set; } = null!;

    /// <summary>Tokens; the long ones with <c>--full</c> only.</summary>
    public static IEnumerable<BlockCase> Cases
    {
        get
        {
            foreach (int tokens in BenchmarkSelection.IsFull ? (int[])[256, 1536, 6144] : [256])
            {
                yield return new BlockCase(tokens, "fp32");
                yield return new BlockCase(tokens, "bf16");
                if (tokens < 6144)
                {
                    yield return new BlockCase(tokens, BlockCase.Graph);
                }
            }
        }
    }

    /// <summary>One pass.</summary>
    [Benchmark]
    public void Block()
    {
        if (_graph is not null)
        {
            _graph.Run(_graphInputs);
            return;
        }

        _pass!.Run();
    }

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override string Numbers => Case.IsGraph ? "fp32" : Case.Path;

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _file = Path.Combine(Path.GetTempPath(), $"ltx-block-{Guid.NewGuid():N}.safetensors");
        SyntheticModel.Write(_file, SyntheticModelSize.Full, layers: 1, sparse: true);
        SafetensorsFile checkpoint = Own(SafetensorsFile.Open(_file));
        if (!Case.IsGraph)
        {
            _pass = Own(new TransformerBlockPass(checkpoint, Device, Case.Tokens));
            return;
        }

        TransformerBlockGraph graph = new(checkpoint, TransformerStructure.From(TransformerConfiguration.Read(checkpoint, new ProblemList()), videoOnly: false), Case.Tokens, TransformerBlockPass.AudioTokens, TransformerBlockPass.TextRows);
        _graph = Own(GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = Threads, ReleaseMemoryAfterRun = false }));
        _graphInputs = graph.Inputs;
    }

    /// <inheritdoc/>
    protected override void Clear()
    {
        _graph = null;
        File.Delete(_file);
    }

    /// <summary>Number of tokens, and what runs the block: <c>fp32</c> or <c>bf16</c> of the engine, or the graph.</summary>
    public sealed record BlockCase(int Tokens, string Path) : IWork
    {
        /// <summary>The block as one ONNX Runtime graph in fp32.</summary>
        public const string Graph = "ONNX Runtime";

        /// <summary>Whether ONNX Runtime runs it.</summary>
        public bool IsGraph => string.Equals(Path, Graph, StringComparison.Ordinal);

        /// <inheritdoc/>
        public double Amount => TransformerBlockPass.Operations(Tokens);

        /// <inheritdoc/>
        public bool IsArithmetic => true;

        /// <inheritdoc/>
        public override string ToString() => $"19B block, {Tokens} tokens, {Path}";
    }
}
