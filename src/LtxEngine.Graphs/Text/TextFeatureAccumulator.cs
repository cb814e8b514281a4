using System.Numerics.Tensors;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Text;

/// <summary>Collects the hidden states of some prompts while a text model runs and sums up their projection.</summary>
internal sealed class TextFeatureAccumulator : IDisposable
{
    private readonly TextFeatureProjection _projection;
    private readonly CancellationToken _cancellationToken;
    private readonly int[] _tokenCounts;
    private readonly int[] _firstRows;
    private readonly int _rowCount;
    private readonly NativeBuffer _pending;
    private readonly float[] _features;
    private int _groupStart;
    private int _next;

    /// <summary>Use <see cref="TextFeatureProjection.Begin"/>.</summary>
    internal TextFeatureAccumulator(TextFeatureProjection projection, IReadOnlyList<int> tokenCounts, CancellationToken cancellationToken)
    {
        _projection = projection;
        _cancellationToken = cancellationToken;
        _tokenCounts = [.. tokenCounts];
        _firstRows = new int[_tokenCounts.Length];
        for (int i = 0; i < _tokenCounts.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(_tokenCounts[i], 1, nameof(tokenCounts));
            _firstRows[i] = _rowCount;
            _rowCount = checked(_rowCount + _tokenCounts[i]);
        }

        _pending = NativeBuffer.Allocate<float>(checked((long)_rowCount * projection.Width * projection.GroupSize));
        _features = new float[checked(_rowCount * projection.OutputWidth)];
    }

    private int GroupSize => Math.Min(_projection.GroupSize, _projection.StateCount - _groupStart);

    /// <summary>Takes one state of one prompt; the shape of a <see cref="HiddenStateObserver"/>.</summary>
    /// <param name="prompt">Which prompt; all prompts of one state come before the next state.</param>
    /// <param name="index">Which state, ascending.</param>
    /// <param name="state"><c>[tokens, width]</c>.</param>
    internal void Add(int prompt, int index, HostTensor state)
    {
        int expected = (index * _tokenCounts.Length) + prompt;
        if (expected != _next || state.Data.Length != _tokenCounts[prompt] * _projection.Width)
        {
            throw new ArgumentException($"State {index} of prompt {prompt} with shape {state.Shape} comes out of turn or has another size.", nameof(state));
        }

        _next++;
        int stride = GroupSize;
        long start = (long)_firstRows[prompt] * _projection.Width * stride;
        Span<float> destination = _pending.AsSpan<float>(start, checked(state.Data.Length * stride));
        TextFeatureNormalization.Apply(state.Data, destination[(index - _groupStart)..], stride);
        if (prompt == _tokenCounts.Length - 1 && index - _groupStart == stride - 1)
        {
            Multiply();
            _groupStart = index + 1;
        }
    }

    /// <summary>The projected features of every prompt, <c>[tokens, output width]</c>.</summary>
    /// <exception cref="InvalidOperationException">Not all states were added.</exception>
    internal HostTensor[] Finish()
    {
        if (_groupStart != _projection.StateCount)
        {
            throw new InvalidOperationException("The text model has not shown all its hidden states.");
        }

        int width = _projection.OutputWidth;
        return [.. _tokenCounts.Select((tokens, prompt) =>
            new HostTensor(new TensorShape(tokens, width), _features.AsSpan(_firstRows[prompt] * width, tokens * width).ToArray()))];
    }

    /// <inheritdoc/>
    public void Dispose() => _pending.Dispose();

    private void Multiply()
    {
        int group = GroupSize;
        int channels = checked(_projection.Width * group);
        int slabRows = _projection.SlabRows;
        using NativeBuffer slab = NativeBuffer.Allocate<float>((long)slabRows * channels);
        for (int first = 0; first < _projection.OutputWidth; first += slabRows)
        {
            int count = Math.Min(slabRows, _projection.OutputWidth - first);
            LoadRows(slab, first, count, group);
            GraphTensor rows = GraphTensor.From(slab, 0, new TensorShape(count, channels));
            for (int prompt = 0; prompt < _tokenCounts.Length; prompt++)
            {
                AddProduct(prompt, first, count, channels, rows);
            }
        }
    }

    /// <summary>One product per prompt: its result must not depend on the prompts beside it.</summary>
    private void AddProduct(int prompt, int first, int count, int channels, GraphTensor rows)
    {
        int firstRow = _firstRows[prompt];
        GraphTensor features = GraphTensor.From(_pending, (long)firstRow * channels, new TensorShape(_tokenCounts[prompt], channels));
        HostTensor part = _projection.Multiply(features, rows, _cancellationToken);
        for (int row = 0; row < _tokenCounts[prompt]; row++)
        {
            Span<float> sum = _features.AsSpan(((firstRow + row) * _projection.OutputWidth) + first, count);
            TensorPrimitives.Add(sum, part.Data.AsSpan(row * count, count), sum);
        }
    }

    /// <summary>Expands rows of W, only the columns of the group's states: in each run of one channel's states a piece of that length.</summary>
    private void LoadRows(NativeBuffer slab, int first, int count, int group)
    {
        int states = _projection.StateCount;
        int width = _projection.Width;
        int inputs = width * states;
        int groupStart = _groupStart;
        ParallelOptions options = new() { MaxDegreeOfParallelism = _projection.ThreadCount, CancellationToken = _cancellationToken };
        Parallel.For(0, count, options, () => group == states ? [] : new float[inputs], (row, _, whole) =>
        {
            Span<float> destination = slab.AsSpan<float>((long)row * width * group, width * group);
            Checkpoints.StoredTensor source = _projection.Weight.Slice((long)(first + row) * inputs, new TensorShape(inputs));
            if (group == states)
            {
                source.CopyToFloat32(destination);
                return whole;
            }

            source.CopyToFloat32(whole);
            for (int channel = 0; channel < width; channel++)
            {
                whole.AsSpan((channel * states) + groupStart, group).CopyTo(destination[(channel * group)..]);
            }

            return whole;
        }, _ => { });
    }
}
