using BenchmarkDotNet.Attributes;
using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Execution;
using LtxEngine.Networks.Transformer;

namespace LtxEngine.Benchmarks;

/// <summary>
/// One block of the 19B transformer, video and audio, in the engine and as one ONNX Runtime graph. The engine's figure is a forward pass
/// of a transformer of one block: the projections of the latents come on top, 0.3 % of its arithmetic.
/// </summary>
public class TransformerBlockBenchmark : DeviceBenchmark
{
    private const int TextRows = 1024;

    private string _file = string.Empty;
    private SafetensorsFile _checkpoint = null!;
    private AudioVideoTransformer _transformer = null!;
    private TransformerWorkspace _workspace = null!;
    private TextConditioning _text = null!;
    private GraphSession? _graph;
    private Dictionary<string, GraphTensor> _graphInputs = [];
    private float[] _videoLatent = [];
    private float[] _audioLatent = [];
    private float[] _videoVelocity = [];
    private float[] _audioVelocity = [];
    private float[] _videoTimesteps = [];
    private float[] _audioTimesteps = [];

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public BlockCase Case { get; set; } = null!;

    /// <summary>Tokens; the long ones with <c>--full</c> only.</summary>
    public static IEnumerable<BlockCase> Cases => BenchmarkSelection.IsFull
        ? [new(256, false), new(256, true), new(1536, false), new(1536, true), new(6144, false)]
        : [new(256, false), new(256, true)];

    /// <summary>One pass.</summary>
    [Benchmark]
    public void Block()
    {
        if (_graph is not null)
        {
            _graph.Run(_graphInputs);
            return;
        }

        Forward(_transformer, _workspace, _text);
    }

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _file = Path.Combine(Path.GetTempPath(), $"ltx-block-{Guid.NewGuid():N}.safetensors");
        SyntheticModel.Write(_file, SyntheticModelSize.Full, layers: 1, sparse: true);
        _checkpoint = Own(SafetensorsFile.Open(_file));
        AudioVideoTransformer counted = AudioVideoTransformer.Load(_checkpoint, Device);
        TransformerStructure structure = counted.Structure;
        if (Case.IsGraph)
        {
            counted.Dispose();
            TransformerBlockGraph graph = new(_checkpoint, structure, Case.Tokens, BlockCase.AudioTokens, TextRows);
            _graph = Own(GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = Threads, ReleaseMemoryAfterRun = false }));
            _graphInputs = graph.Inputs();
            return;
        }

        _transformer = Own(counted);
        _videoLatent = new float[Case.Tokens * structure.Video.InChannels];
        _audioLatent = new float[BlockCase.AudioTokens * structure.Audio!.InChannels];
        _videoVelocity = new float[Case.Tokens * structure.Video.OutChannels];
        _audioVelocity = new float[BlockCase.AudioTokens * structure.Audio.OutChannels];
        _videoTimesteps = new float[Case.Tokens];
        _audioTimesteps = new float[BlockCase.AudioTokens];
        _text = Own(_transformer.PrepareText(new float[TextRows * structure.Video.ContextWidth], new float[TextRows * structure.Audio.ContextWidth]));
        _workspace = Own(_transformer.CreateWorkspace(Case.Tokens, new float[Case.Tokens * 6], BlockCase.AudioTokens, new float[BlockCase.AudioTokens * 2]));
    }

    /// <inheritdoc/>
    protected override void Clear()
    {
        _graph = null;
        File.Delete(_file);
    }

    private void Forward(AudioVideoTransformer transformer, TransformerWorkspace workspace, TextConditioning text)
    {
        TransformerInputs inputs = new()
        {
            VideoLatent = _videoLatent,
            VideoTimesteps = _videoTimesteps,
            AudioLatent = _audioLatent,
            AudioTimesteps = _audioTimesteps,
            Text = text,
        };
        transformer.Forward(workspace, inputs, _videoVelocity, _audioVelocity);
    }

    /// <summary>Number of tokens, and what runs the block.</summary>
    public sealed record BlockCase(int Tokens, bool IsGraph) : IWork
    {
        /// <summary>About a second of sound.</summary>
        public const int AudioTokens = 26;

        /// <summary>
        /// 2 operations per weight and token (attention projections 8·w², of which the text's keys and values, 2·w², are prepared per prompt;
        /// feed-forward 8·w²), 4 per query, key and channel of an attention.
        /// </summary>
        public double Amount
        {
            get
            {
                const double Video = 4096, Audio = 2048;
                double weights = (Tokens * ((4 + 2 + 8) * Video * Video)) + (AudioTokens * ((4 + 2 + 8) * Audio * Audio))
                    + (Tokens * 4 * Video * Audio) + (AudioTokens * 4 * Audio * Audio);
                double attention = (Video * Tokens * (Tokens + TextRows)) + (Audio * AudioTokens * (AudioTokens + TextRows)) + (2 * Audio * Tokens * AudioTokens);
                return (2 * weights) + (4 * attention);
            }
        }

        /// <inheritdoc/>
        public bool IsArithmetic => true;

        /// <inheritdoc/>
        public override string ToString() => $"19B block, {Tokens} tokens, {(IsGraph ? "ONNX Runtime" : "LtxEngine")}";
    }
}
