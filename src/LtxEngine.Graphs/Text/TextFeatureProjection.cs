using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// Projects the normalised hidden states of all layers to one vector per token: <c>y = W·x̂</c> with <c>W [width, width·states]</c>,
/// where input index <c>d·states + l</c> is channel d of state l.
/// </summary>
/// <remarks>
/// The full input of 1024 tokens has 0.8 GB at 12B and the weight 2.9 GB in fp32, so states are collected in groups that fit
/// <see cref="PendingLimit"/> (8 states of 12B), and each group is multiplied by its columns of W, <see cref="SlabLimit"/> bytes of rows at a time.
/// </remarks>
internal sealed class TextFeatureProjection : IDisposable
{
    /// <summary>The most bytes of one prompt's collected states.</summary>
    internal const long PendingLimit = 128L << 20;

    /// <summary>The most bytes of expanded weight rows.</summary>
    internal const long SlabLimit = 128L << 20;

    private const string Features = "features";
    private const string Rows = "rows";
    private const string Result = "projected";

    private readonly GraphSession _session;

    /// <summary>Opens the projection.</summary>
    /// <param name="tensors">The checkpoint; stays the caller's.</param>
    /// <param name="width">Channels of a hidden state.</param>
    /// <param name="stateCount">Number of hidden states.</param>
    /// <param name="maximumTokens">The most tokens of a prompt. The groups follow from it, not from the prompts, so a result never depends on what it is computed with.</param>
    /// <param name="sessionOptions">How the graph runs; null for the defaults.</param>
    /// <param name="pendingLimit">The most bytes of one prompt's collected states.</param>
    /// <exception cref="ModelFormatException">The weight is missing or belongs to another text model.</exception>
    internal TextFeatureProjection(ITensorCollection tensors, int width, int stateCount, int maximumTokens, GraphSessionOptions? sessionOptions = null, long pendingLimit = PendingLimit)
    {
        const string Name = TextConditioningConfiguration.ProjectionWeight;
        List<string> problems = [];
        long inputs = checked((long)width * stateCount);
        if (!tensors.Tensors.TryGetValue(Name, out StoredTensor? weight))
        {
            problems.Add($"'{Name}' is missing.");
        }
        else if (weight.Shape.Rank != 2 || weight.Shape[1] != inputs)
        {
            problems.Add($"'{Name}' has the shape {weight.Shape}; a text model with {stateCount} hidden states of {width} channels needs [width, {inputs}].");
        }
        else
        {
            StreamedLayerWeights.CheckTensor(tensors, Name, weight.Shape, problems);
        }

        if (problems.Count > 0)
        {
            throw new ModelFormatException(tensors.DisplayPath(), ModelFormatErrorKind.Other, problems);
        }

        Weight = weight!;
        Width = width;
        StateCount = stateCount;
        OutputWidth = Weight.Shape.Extent(0);
        GroupSize = (int)Math.Clamp(pendingLimit / checked((long)maximumTokens * width * sizeof(float)), 1, stateCount);
        sessionOptions ??= GraphSessionOptions.Default;
        ThreadCount = sessionOptions.ThreadCount ?? Environment.ProcessorCount;

        // Slabs of nearly equal height: a short last one would be cut too narrow for many threads.
        long slabRows = Math.Max(1, SlabLimit / checked((long)width * GroupSize * sizeof(float)));
        long slabs = (OutputWidth + slabRows - 1) / slabRows;
        SlabRows = (int)((OutputWidth + slabs - 1) / slabs);
        int lastRows = OutputWidth - ((int)(slabs - 1) * SlabRows);
        _session = GraphSession.Create(BuildGraph(), TextGraphThreads.Limit(sessionOptions, SlabRows, lastRows));
    }

    /// <summary>Channels of a hidden state.</summary>
    internal int Width { get; }

    /// <summary>Number of hidden states.</summary>
    internal int StateCount { get; }

    /// <summary>Channels of the result.</summary>
    internal int OutputWidth { get; }

    /// <summary>How many states are multiplied at once.</summary>
    internal int GroupSize { get; }

    /// <summary>How many rows of W are multiplied at once.</summary>
    internal int SlabRows { get; }

    /// <summary>Threads that share the work.</summary>
    internal int ThreadCount { get; }

    /// <summary>W.</summary>
    internal StoredTensor Weight { get; }

    /// <summary>Starts to collect the states of prompts that run together.</summary>
    /// <param name="tokenCounts">Tokens of each prompt, at least 1.</param>
    /// <param name="cancellationToken">Cancels between two parts of the product.</param>
    internal TextFeatureAccumulator Begin(IReadOnlyList<int> tokenCounts, CancellationToken cancellationToken) => new(this, tokenCounts, cancellationToken);

    /// <summary>Multiplies collected inputs by some rows of W.</summary>
    /// <param name="features"><c>[tokens, channels]</c>.</param>
    /// <param name="rows"><c>[rows, channels]</c>.</param>
    /// <param name="cancellationToken">Cancels the product.</param>
    /// <returns><c>[tokens, rows]</c>.</returns>
    internal HostTensor Multiply(GraphTensor features, GraphTensor rows, CancellationToken cancellationToken) => _session.RunSingle(
        new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [Features] = features, [Rows] = rows }, cancellationToken);

    /// <summary>The product as a graph, for any number of rows of W.</summary>
    internal static OnnxGraph BuildGraph()
    {
        OnnxGraphBuilder builder = new("text_feature_projection");
        GraphValue features = builder.Input(Features, DataType.Float32, "tokens", "channels");
        GraphValue rows = builder.Input(Rows, DataType.Float32, "rows", "channels");
        builder.Output(Result, builder.Gemm(features, rows, GraphValue.None, transposeB: true), "tokens", "rows");
        return builder.Build();
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
