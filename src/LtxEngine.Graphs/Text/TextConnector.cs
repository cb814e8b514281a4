using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// A text connector: a small transformer that turns the features of a prompt into the context of one stream of the diffusion transformer.
/// Its blocks run one by one with their weights as inputs (0.7 GB in fp32 each at 19B), like the layers of the text model.
/// </summary>
internal sealed class TextConnector : IDisposable
{
    private readonly ITensorCollection _tensors;
    private readonly ImmutableArray<LayerPart> _parts;
    private readonly GraphSession _block;
    private readonly float[] _registers;
    private readonly int _threadCount;

    /// <summary>Opens a connector.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="tensors">The checkpoint; stays the caller's and must outlive the connector.</param>
    /// <param name="sessionOptions">How the block graph runs; null for the defaults.</param>
    /// <exception cref="ModelFormatException">Weights are missing or have other shapes; all problems are listed.</exception>
    internal TextConnector(TextConnectorConfiguration configuration, ITensorCollection tensors, GraphSessionOptions? sessionOptions = null)
    {
        Configuration = configuration;
        _tensors = tensors;
        _parts = TextConnectorBlockGraph.Parts(configuration);
        List<string> problems = [];
        string registers = configuration.Prefix + "learnable_registers";
        StreamedLayerWeights.CheckTensor(tensors, registers, new TensorShape(configuration.RegisterCount, configuration.Width), problems);
        for (int block = 0; block < configuration.LayerCount; block++)
        {
            StreamedLayerWeights.Check(_parts, tensors, BlockPrefix(block), problems);
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(tensors.DisplayPath(), ModelFormatErrorKind.Other, problems);
        }

        _registers = tensors.Tensors[registers].ToFloat32Array();
        sessionOptions ??= GraphSessionOptions.Default;
        _threadCount = sessionOptions.ThreadCount ?? Environment.ProcessorCount;
        _block = GraphSession.Create(
            TextConnectorBlockGraph.Build(configuration, "text_connector_block"),
            TextGraphThreads.Limit(sessionOptions, configuration.Width, configuration.FeedForwardWidth));
    }

    /// <summary>The sizes of the connector.</summary>
    internal TextConnectorConfiguration Configuration { get; }

    /// <summary>Turns features into contexts; the prompts advance together block by block, so the weights are read once for all.</summary>
    /// <param name="features">Per prompt the features of its valid tokens, <c>[tokens, width]</c>, no pads.</param>
    /// <param name="length">Rows of a context: a multiple of the number of registers, at least the number of tokens.</param>
    /// <param name="progress">Receives the number of finished blocks.</param>
    /// <param name="cancellationToken">Cancels within one operation of one block.</param>
    /// <returns>Per prompt the context <c>[length, width]</c>; all of its rows are meant to be attended to.</returns>
    /// <exception cref="ArgumentException">The length or the width does not fit.</exception>
    internal HostTensor[] Run(IReadOnlyList<HostTensor> features, int length, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        (float[] cosine, float[] sine) = ConnectorRotaryEmbedding.Create(
            Configuration.HeadCount, Configuration.HeadDimension, Configuration.RopeTheta, Configuration.MaxPosition, length, Configuration.UsesFloat64Frequencies);
        TensorShape rotaryShape = new(Configuration.HeadCount, length, Configuration.HeadDimension / 2);
        GraphTensor cosineInput = GraphTensor.From(cosine, rotaryShape);
        GraphTensor sineInput = GraphTensor.From(sine, rotaryShape);
        HostTensor[] hidden = [.. features.Select(f => FillWithRegisters(f, length))];
        HostTensor next = HostTensor.Zeros(length, Configuration.Width);
        using StreamedLayerWeights weights = new(_parts);
        for (int block = 0; block < Configuration.LayerCount; block++)
        {
            weights.Load(_tensors, BlockPrefix(block), _threadCount, cancellationToken);
            for (int prompt = 0; prompt < hidden.Length; prompt++)
            {
                Dictionary<string, GraphTensor> inputs = new(weights.Tensors, StringComparer.Ordinal)
                {
                    [TextConnectorBlockGraph.Hidden] = hidden[prompt],
                    [TextConnectorBlockGraph.Cosine] = cosineInput,
                    [TextConnectorBlockGraph.Sine] = sineInput,
                };
                Dictionary<string, GraphTensor> outputs = new(StringComparer.Ordinal) { [TextConnectorBlockGraph.NextHidden] = next };
                bool isLast = block == Configuration.LayerCount - 1 && prompt == hidden.Length - 1;
                _block.RunInto(inputs, outputs, keepMemory: !isLast, cancellationToken);
                (hidden[prompt], next) = (next, hidden[prompt]);
            }

            progress?.Report(block + 1);
        }

        foreach (HostTensor context in hidden)
        {
            RmsNormalization.Apply(context.Data, Configuration.Width, default, Configuration.NormEpsilon, context.Data);
        }

        return hidden;
    }

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();

    /// <summary>Valid rows first, then the registers by absolute position: row p ≥ n is register p mod count.</summary>
    private HostTensor FillWithRegisters(HostTensor features, int length)
    {
        int width = Configuration.Width;
        if (features.Shape.Rank != 2 || features.Shape[1] != width || features.Shape[0] > length)
        {
            throw new ArgumentException($"Features of shape {features.Shape} do not fit a context of [{length}, {width}].", nameof(features));
        }

        if (length % Configuration.RegisterCount != 0)
        {
            throw new ArgumentException($"The context length is {length}; it must be a multiple of the {Configuration.RegisterCount} registers.", nameof(length));
        }

        HostTensor sequence = HostTensor.Zeros(length, width);
        features.Data.CopyTo(sequence.Data.AsSpan());
        for (int row = features.Shape.Extent(0); row < length; row++)
        {
            _registers.AsSpan(row % Configuration.RegisterCount * width, width).CopyTo(sequence.Data.AsSpan(row * width));
        }

        return sequence;
    }

    private string BlockPrefix(int block) => $"{Configuration.Prefix}transformer_1d_blocks.{block}.";
}
