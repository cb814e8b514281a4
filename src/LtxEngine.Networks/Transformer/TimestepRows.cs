using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// The distinct timesteps of one stream and the modulation rows computed from them. adaLN heads are evaluated once per distinct value;
/// tokens refer to their row. Rows of the previous call are kept, so the forward passes of one guided step compute them once.
/// </summary>
internal sealed class TimestepRows : IDisposable
{
    private const int InitialCapacity = 8;

    private readonly IComputeDevice _device;
    private readonly StreamStructure _stream;
    private readonly int _vectors;
    private readonly Dictionary<int, int> _rowOfBits = new(InitialCapacity);
    private readonly int[] _rowOfToken;
    private readonly int[] _uploadedRowOfToken;
    private float[] _distinct = new float[InitialCapacity];
    private float[] _previous = new float[InitialCapacity];
    private float[] _sinusoids = [];
    private int _previousCount = -1;
    private int _capacity;
    private DeviceIndices? _indices;
    private DeviceBuffer? _sinusoid;
    private DeviceBuffer? _embeddingHidden;
    private DeviceBuffer? _embedding;
    private DeviceBuffer? _modulation;
    private DeviceBuffer? _blockModulation;
    private DeviceBuffer? _outputModulation;

    /// <summary>Creates the rows of a stream.</summary>
    /// <param name="device">The device.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="vectors">Modulation vectors per block: 11, or 6 in a video-only model.</param>
    public TimestepRows(IComputeDevice device, StreamStructure stream, int tokens, int vectors)
    {
        _device = device;
        _stream = stream;
        _vectors = vectors;
        _rowOfToken = new int[tokens];
        _uploadedRowOfToken = new int[tokens];
        Array.Fill(_uploadedRowOfToken, -1);
        Reserve(InitialCapacity);
    }

    /// <summary>Values on the device for the first few distinct timesteps.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="vectors">Modulation vectors per block.</param>
    public static long Length(StreamStructure stream, int vectors) =>
        checked(InitialCapacity * (stream.SinusoidWidth + ((2L * vectors) + 4) * stream.Width));

    /// <summary>The distinct timesteps in order of first appearance.</summary>
    public ReadOnlySpan<float> Distinct => _distinct.AsSpan(0, Count);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The row of each token, or null when there is one row.</summary>
    public DeviceIndices? RowOfToken { get; private set; }

    /// <summary>Host memory for the sinusoids: [rows, width].</summary>
    public Span<float> Sinusoids => _sinusoids.AsSpan(0, Count * _stream.SinusoidWidth);

    /// <summary>[rows, sinusoid width].</summary>
    public DeviceMatrix Sinusoid => _sinusoid!.AsMatrix(Count, _stream.SinusoidWidth);

    /// <summary>[rows, width]: scratch.</summary>
    public DeviceMatrix EmbeddingHidden => _embeddingHidden!.AsMatrix(Count, _stream.Width);

    /// <summary>[rows, width]: scratch of the embedding.</summary>
    public DeviceMatrix Embedding => _embedding!.AsMatrix(Count, _stream.Width);

    /// <summary>[rows, vectors · width]: output of the heads, in the order of <see cref="ModulationVector"/>.</summary>
    public DeviceMatrix Modulation => _modulation!.AsMatrix(Count, _vectors * _stream.Width);

    /// <summary>[rows, vectors · width]: <see cref="Modulation"/> plus the tables of the current block.</summary>
    public DeviceMatrix BlockModulation => _blockModulation!.AsMatrix(Count, _vectors * _stream.Width);

    /// <summary>[rows, 2 · width]: shift and scale of the output layer.</summary>
    public DeviceMatrix OutputModulation => _outputModulation!.AsMatrix(Count, 2 * _stream.Width);

    /// <summary>One vector of the current block for every token.</summary>
    /// <param name="vector">Which.</param>
    public RowVectors Vector(ModulationVector vector) =>
        new(BlockModulation.ColumnRange((int)vector * _stream.Width, _stream.Width), RowOfToken);

    /// <summary>Shift (0) or scale (1) of the output layer for every token.</summary>
    /// <param name="row">Which.</param>
    public RowVectors OutputVector(int row) => new(OutputModulation.ColumnRange(row * _stream.Width, _stream.Width), RowOfToken);

    /// <summary>Takes the timesteps of a forward pass.</summary>
    /// <param name="timesteps">One per token.</param>
    /// <returns>Whether the rows must be computed: the distinct values differ from the last ones that were completed.</returns>
    public bool Update(ReadOnlySpan<float> timesteps)
    {
        _rowOfBits.Clear();
        Count = 0;
        int row = -1;
        for (int token = 0; token < timesteps.Length; token++)
        {
            int bits = BitConverter.SingleToInt32Bits(timesteps[token]);
            if (row < 0 || bits != BitConverter.SingleToInt32Bits(_distinct[row]))
            {
                if (!_rowOfBits.TryGetValue(bits, out row))
                {
                    row = Count++;
                    _rowOfBits.Add(bits, row);
                    if (Count > _distinct.Length)
                    {
                        Array.Resize(ref _distinct, Math.Min(2 * _distinct.Length, Math.Max(InitialCapacity, _rowOfToken.Length)));
                    }

                    _distinct[row] = timesteps[token];
                }
            }

            _rowOfToken[token] = row;
        }

        if (Count > _capacity)
        {
            Reserve(_distinct.Length);
        }

        UpdateIndices();
        if (Count == _previousCount && Distinct.SequenceEqual(_previous.AsSpan(0, Count)))
        {
            return false;
        }

        _previousCount = -1;
        return true;
    }

    /// <summary>Notes that the rows of the current timesteps are computed.</summary>
    public void Complete()
    {
        if (_previous.Length < Count)
        {
            _previous = new float[_distinct.Length];
        }

        Distinct.CopyTo(_previous);
        _previousCount = Count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FreeBuffers();
        _indices?.Dispose();
        _indices = null;
    }

    private void UpdateIndices()
    {
        if (Count == 1)
        {
            RowOfToken = null;
            return;
        }

        // Denoise masks are fixed during sampling, so the pattern is uploaded once.
        if (_indices is null || !_rowOfToken.AsSpan().SequenceEqual(_uploadedRowOfToken))
        {
            _indices?.Dispose();
            _indices = _device.CreateIndices(_rowOfToken);
            _rowOfToken.CopyTo(_uploadedRowOfToken, 0);
        }

        RowOfToken = _indices;
    }

    private void Reserve(int rows)
    {
        FreeBuffers();
        _capacity = rows;
        _previousCount = -1;
        _sinusoids = new float[checked(rows * _stream.SinusoidWidth)];
        _sinusoid = _device.Allocate((long)rows * _stream.SinusoidWidth);
        _embeddingHidden = _device.Allocate((long)rows * _stream.Width);
        _embedding = _device.Allocate((long)rows * _stream.Width);
        _modulation = _device.Allocate((long)rows * _vectors * _stream.Width);
        _blockModulation = _device.Allocate((long)rows * _vectors * _stream.Width);
        _outputModulation = _device.Allocate((long)rows * 2 * _stream.Width);
    }

    private void FreeBuffers()
    {
        _sinusoid?.Dispose();
        _embeddingHidden?.Dispose();
        _embedding?.Dispose();
        _modulation?.Dispose();
        _blockModulation?.Dispose();
        _outputModulation?.Dispose();
    }
}
