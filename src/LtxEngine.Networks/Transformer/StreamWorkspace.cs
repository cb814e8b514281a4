using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>The device memory of one stream for one number of tokens.</summary>
internal sealed class StreamWorkspace : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly DeviceBuffer _latent;
    private readonly DeviceBuffer _residual;
    private readonly DeviceBuffer _normalised;
    private readonly DeviceBuffer _scratch;
    private readonly DeviceBuffer _hidden;
    private readonly DeviceBuffer _velocity;

    /// <summary>Allocates the memory and computes the rotary tables.</summary>
    /// <param name="device">The device.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="crossWidth">Inner width of the attentions between the streams, 0 for none.</param>
    /// <param name="tokens">Number of tokens, ≥ 1.</param>
    /// <param name="hiddenRows">Rows of the feed-forward that are computed at once.</param>
    /// <param name="self">Rotary embedding of self-attention.</param>
    /// <param name="cross">Rotary embedding of the attentions between the streams (time axis), or null.</param>
    /// <param name="positions">[axes, tokens, 2].</param>
    public StreamWorkspace(
        IComputeDevice device,
        StreamStructure stream,
        int crossWidth,
        int tokens,
        int hiddenRows,
        RotaryEmbedding self,
        RotaryEmbedding? cross,
        ReadOnlySpan<float> positions)
    {
        Stream = stream;
        Tokens = tokens;
        HiddenRows = hiddenRows;
        int widest = Math.Max(stream.Width, crossWidth);
        try
        {
            _latent = Allocate(device, tokens, stream.InChannels);
            _residual = Allocate(device, tokens, stream.Width);
            _normalised = Allocate(device, tokens, widest);
            _scratch = Allocate(device, tokens, 3L * widest);
            _hidden = Allocate(device, hiddenRows, stream.HiddenWidth);
            _velocity = Allocate(device, tokens, stream.OutChannels);
            Timesteps = Own(new TimestepRows(device, stream, tokens, cross is null ? 6 : 11));
            SelfTable = Own(self.CreateTable(device, positions, tokens));
            CrossTable = cross is null ? null : Own(cross.CreateTable(device, positions[..(tokens * 2)], tokens));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The stream.</summary>
    public StreamStructure Stream { get; }

    /// <summary>Number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Rows of the feed-forward that are computed at once.</summary>
    public int HiddenRows { get; }

    /// <summary>Distinct timesteps and their modulation.</summary>
    public TimestepRows Timesteps { get; }

    /// <summary>Rotation of self-attention.</summary>
    public DeviceRotaryTable SelfTable { get; }

    /// <summary>Rotation in the attentions between the streams, or null.</summary>
    public DeviceRotaryTable? CrossTable { get; }

    /// <summary>Values of the largest input of a product.</summary>
    public long LargestInput => Math.Max(
        (long)Tokens * Math.Max((int)(_normalised.Length / Tokens), Math.Max(Stream.InChannels, Stream.SinusoidWidth)),
        _hidden.Length);

    /// <summary>[tokens, input channels].</summary>
    public DeviceMatrix Latent => _latent.AsMatrix(Tokens, Stream.InChannels);

    /// <summary>[tokens, width]: the residual stream.</summary>
    public DeviceMatrix Residual => _residual.AsMatrix(Tokens, Stream.Width);

    /// <summary>[tokens, output channels].</summary>
    public DeviceMatrix Velocity => _velocity.AsMatrix(Tokens, Stream.OutChannels);

    /// <summary>[tokens, columns]: normalised input of a module, then its attention result.</summary>
    /// <param name="columns">At most the widest row of the stream.</param>
    public DeviceMatrix Normalised(int columns) => _normalised.AsMatrix(Tokens, columns);

    /// <summary>[tokens, columns]: queries, keys and values, then products that wait for their gate.</summary>
    /// <param name="columns">At most three times the widest row.</param>
    public DeviceMatrix Scratch(int columns) => _scratch.AsMatrix(Tokens, columns);

    /// <summary>[rows, hidden width].</summary>
    /// <param name="rows">At most <see cref="HiddenRows"/>.</param>
    public DeviceMatrix Hidden(int rows) => _hidden.AsMatrix(rows, Stream.HiddenWidth);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable item in _owned)
        {
            item.Dispose();
        }

        _owned.Clear();
    }

    private DeviceBuffer Allocate(IComputeDevice device, long rows, long columns) => Own(device.Allocate(checked(rows * columns)));

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }
}
