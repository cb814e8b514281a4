using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>
/// The weights of one layer in fp32, in one native buffer that every layer reuses: a model larger than memory runs layer by layer
/// over its memory-mapped file, and never more than one layer of it is expanded.
/// </summary>
internal sealed class StreamedLayerWeights : IDisposable
{
    // Small enough to share the work evenly, large enough that scheduling does not show.
    private const int ChunkElements = 1 << 20;

    private readonly ImmutableArray<LayerPart> _parts;
    private readonly long[] _starts;
    private readonly NativeBuffer _buffer;
    private readonly Dictionary<string, GraphTensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Allocates the buffer.</summary>
    /// <param name="parts">The weights of one layer.</param>
    internal StreamedLayerWeights(ImmutableArray<LayerPart> parts)
    {
        // Each weight begins on a cache line.
        const int Alignment = NativeBuffer.Alignment / sizeof(float);
        _parts = parts;
        _starts = new long[parts.Length];
        long count = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            _starts[i] = count;
            count = checked(count + ((parts[i].Shape.ElementCount + Alignment - 1) / Alignment * Alignment));
        }

        _buffer = NativeBuffer.Allocate<float>(count);
        for (int i = 0; i < parts.Length; i++)
        {
            _tensors.Add(parts[i].Name, GraphTensor.From(_buffer, _starts[i], parts[i].Shape));
        }
    }

    /// <summary>The size of the buffer in bytes.</summary>
    internal long ByteLength => _buffer.ByteLength;

    /// <summary>The weights as graph inputs, by name. They show whatever layer was loaded last.</summary>
    internal IReadOnlyDictionary<string, GraphTensor> Tensors => _tensors;

    /// <summary>Expands one layer into the buffer.</summary>
    /// <param name="tensors">The checkpoint.</param>
    /// <param name="prefix">The layer's prefix, with its final dot. Shapes were checked by <see cref="Check"/>.</param>
    /// <param name="threadCount">How many threads share the work; it never changes the result.</param>
    /// <param name="cancellationToken">Ends the work between two parts.</param>
    internal void Load(ITensorCollection tensors, string prefix, int threadCount, CancellationToken cancellationToken)
    {
        List<(StoredTensor Source, long Start)> chunks = [];
        for (int i = 0; i < _parts.Length; i++)
        {
            StoredTensor tensor = tensors.Tensors[prefix + _parts[i].Name];
            for (long first = 0; first < tensor.Shape.ElementCount; first += ChunkElements)
            {
                long count = Math.Min(ChunkElements, tensor.Shape.ElementCount - first);
                chunks.Add((tensor.Slice(first, new TensorShape(count)), _starts[i] + first));
            }
        }

        ParallelOptions options = new() { MaxDegreeOfParallelism = threadCount, CancellationToken = cancellationToken };
        Parallel.ForEach(chunks, options, chunk =>
            chunk.Source.CopyToFloat32(_buffer.AsSpan<float>(chunk.Start, (int)chunk.Source.Shape.ElementCount)));
    }

    /// <summary>Notes what is missing or has another shape, so that all problems of a file can be reported at once.</summary>
    /// <param name="parts">The weights of one layer.</param>
    /// <param name="tensors">The checkpoint.</param>
    /// <param name="prefix">The layer's prefix, with its final dot.</param>
    /// <param name="problems">Receives one sentence per problem.</param>
    internal static void Check(ImmutableArray<LayerPart> parts, ITensorCollection tensors, string prefix, ICollection<string> problems)
    {
        foreach (LayerPart part in parts)
        {
            CheckTensor(tensors, prefix + part.Name, part.Shape, problems);
        }
    }

    /// <summary>Notes whether a tensor is missing, has another shape or is not stored as floats.</summary>
    internal static void CheckTensor(ITensorCollection tensors, string name, TensorShape shape, ICollection<string> problems)
    {
        if (!tensors.Tensors.TryGetValue(name, out StoredTensor? tensor))
        {
            problems.Add($"'{name}' is missing; it must have the shape {shape}.");
        }
        else if (tensor.Shape != shape)
        {
            problems.Add($"'{name}' has the shape {tensor.Shape}; {shape} is needed.");
        }
        else if (tensor.DataType is not (DataType.Float32 or DataType.Float16 or DataType.BFloat16))
        {
            problems.Add($"'{name}' is stored as {tensor.DataType}; the text encoder reads Float32, Float16 and BFloat16.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
