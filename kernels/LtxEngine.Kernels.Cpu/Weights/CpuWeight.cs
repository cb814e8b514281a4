using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>
/// A weight matrix [outputs, depth] packed for <see cref="MicroKernel"/>: panels of 32 outputs, the depth padded to even and the last
/// panel padded with zero columns, in one <see cref="PanelFormat"/>; the bias, zero where there is none, and a factor per output, padded like the columns.
/// For a convolution the depth is (tap, input channel), channel fastest.
/// </summary>
internal sealed unsafe class CpuWeight : IDeviceWeight
{
    private readonly AlignedMemory? _values;
    private readonly ITensorData? _bound;
    private readonly AlignedMemory _bias;
    private readonly AlignedMemory _scale;
    private readonly AlignedMemory? _columnSums;

    /// <summary>Allocates a weight; <see cref="WeightPacker"/> fills it.</summary>
    /// <param name="device">The device that it belongs to.</param>
    /// <param name="outputFeatures">Number of outputs.</param>
    /// <param name="inputFeatures">Number of inputs (channels for a convolution).</param>
    /// <param name="kernel">Extents of the convolution kernel; null for a linear layer.</param>
    /// <param name="format">How the values lie.</param>
    /// <param name="account">Where its size is counted.</param>
    public CpuWeight(CpuComputeDevice device, int outputFeatures, int inputFeatures, ConvolutionExtents? kernel, PanelFormat format, MemoryAccount account)
    {
        Device = device;
        OutputFeatures = outputFeatures;
        InputFeatures = inputFeatures;
        Kernel = kernel;
        Format = format;
        Depth = checked((kernel?.Taps ?? 1) * inputFeatures);
        int multiple = PanelFormats.DepthMultiple(format);
        PaddedDepth = checked((Depth + multiple - 1) / multiple * multiple);
        int panels = Panel.ColumnPanels(outputFeatures);
        PanelBytes = checked((long)PaddedDepth * Panel.Columns * PanelFormats.ValueBytes(format));
        _values = format == PanelFormat.BrainRows ? null : new AlignedMemory(checked(panels * PanelBytes), account);
        _bias = new AlignedMemory((long)panels * Panel.Columns * sizeof(float), account);
        _bias.Clear();
        _scale = new AlignedMemory((long)panels * Panel.Columns * sizeof(float), account);
        new Span<float>(_scale.Pointer, panels * Panel.Columns).Fill(1);
        if (format == PanelFormat.SignedByteQuads)
        {
            _columnSums = new AlignedMemory((long)panels * Panel.Columns * sizeof(int), account);
            _columnSums.Clear();
        }
    }

    /// <summary>Takes stored values into use where they lie.</summary>
    /// <param name="device">The device that it belongs to.</param>
    /// <param name="bound">[outputs, inputs] in bf16, an even number of inputs.</param>
    /// <param name="account">Where its own size is counted.</param>
    public CpuWeight(CpuComputeDevice device, ITensorData bound, MemoryAccount account)
        : this(device, bound.Shape.Extent(0), bound.Shape.Extent(1), null, PanelFormat.BrainRows, account) => _bound = bound;

    /// <summary>The device that it belongs to.</summary>
    public CpuComputeDevice Device { get; }

    /// <inheritdoc/>
    public int InputFeatures { get; }

    /// <inheritdoc/>
    public int OutputFeatures { get; }

    /// <summary>Extents of the convolution kernel; null for a linear layer.</summary>
    public ConvolutionExtents? Kernel { get; }

    /// <summary>How the values lie.</summary>
    public PanelFormat Format { get; }

    /// <summary>Values per output.</summary>
    public int Depth { get; }

    /// <summary><see cref="Depth"/>, rounded up to whole steps of the micro-kernel.</summary>
    public int PaddedDepth { get; }

    /// <summary>Bytes of one panel.</summary>
    public long PanelBytes { get; }

    /// <inheritdoc/>
    public long ByteLength => (_values?.ByteLength ?? 0) + _bias.ByteLength + _scale.ByteLength + (_columnSums?.ByteLength ?? 0);

    /// <inheritdoc/>
    public long ReadBytes => ByteLength + BoundBytes.Length;

    /// <summary>The rows of <see cref="PanelFormat.BrainRows"/>, to be pinned while they are read; empty in other formats.</summary>
    public ReadOnlySpan<byte> BoundBytes => _bound is null ? [] : _bound.Bytes;

    /// <summary>The first panel; null for <see cref="PanelFormat.BrainRows"/>.</summary>
    public byte* Values
    {
        get
        {
            if (_values is null)
            {
                return null;
            }

            ObjectDisposedException.ThrowIf(_values.IsClosed, this);
            return _values.Pointer;
        }
    }

    /// <summary>The bias of the first output.</summary>
    public float* Bias
    {
        get
        {
            ObjectDisposedException.ThrowIf(_bias.IsClosed, this);
            return (float*)_bias.Pointer;
        }
    }

    /// <summary>The factor of the first output's product, before its bias is added.</summary>
    public float* Scale
    {
        get
        {
            ObjectDisposedException.ThrowIf(_scale.IsClosed, this);
            return (float*)_scale.Pointer;
        }
    }

    /// <summary>The sum of the first column, by which the zero point of an 8-bit input counts; null in other formats.</summary>
    public int* ColumnSums
    {
        get
        {
            if (_columnSums is null)
            {
                return null;
            }

            ObjectDisposedException.ThrowIf(_columnSums.IsClosed, this);
            return (int*)_columnSums.Pointer;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values?.Dispose();
        _bias.Dispose();
        _scale.Dispose();
        _columnSums?.Dispose();
    }
}
