using System.Collections.Concurrent;
using System.Diagnostics;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Profiling;

/// <summary>
/// A device whose operations are measured one by one: each is waited for, so that its time is its own. Arithmetic and bytes are counted from
/// the shapes: every value that has to be read or written counts once.
/// </summary>
/// <param name="inner">The device; disposed with this one.</param>
/// <param name="profile">Receives the operations.</param>
internal sealed class ProfilingDevice(IComputeDevice inner, TimingProfile profile) : IComputeDevice
{
    private const int Value = sizeof(float);

    /// <summary>Kernel positions of convolutions, which a weight does not tell.</summary>
    private readonly ConcurrentDictionary<IDeviceWeight, long> _taps = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string Arithmetic => inner.Arithmetic;

    /// <inheritdoc/>
    public long AllocatedBytes => inner.AllocatedBytes;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long length) => inner.Allocate(length);

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<float> source, DeviceMatrix destination)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Upload(source, destination);
        Add("upload", start, 0, 2 * Bytes(destination));
    }

    /// <inheritdoc/>
    public void Download(DeviceMatrix source, Span<float> destination)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Download(source, destination);
        Add("download", start, 0, 2 * Bytes(source));
    }

    /// <inheritdoc/>
    public void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    public DeviceIndices CreateIndices(ReadOnlySpan<int> rowOfToken) => inner.CreateIndices(rowOfToken);

    /// <inheritdoc/>
    public DeviceRotaryTable CreateRotaryTable(ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, int tokens, int width, int heads, RotaryLayout layout) =>
        inner.CreateRotaryTable(cosines, sines, tokens, width, heads, layout);

    /// <inheritdoc/>
    public IDeviceWeight PrepareLinear(ReadOnlySpan<LinearPart> parts)
    {
        long start = Stopwatch.GetTimestamp();
        IDeviceWeight weight = inner.PrepareLinear(parts);
        profile.Add("prepare weights", start, 0, 2.0 * weight.ByteLength, IsLoader);
        return weight;
    }

    /// <inheritdoc/>
    public bool SharesHostMemory => inner.SharesHostMemory;

    /// <inheritdoc/>
    public IDeviceWeight BindLinear(ITensorData weight)
    {
        long start = Stopwatch.GetTimestamp();
        IDeviceWeight bound = inner.BindLinear(weight);
        profile.Add("prepare weights", start, 0, 2.0 * bound.ByteLength, IsLoader);
        return bound;
    }

    /// <inheritdoc/>
    public IDeviceWeight PrepareConvolution(ConvolutionPart part)
    {
        long start = Stopwatch.GetTimestamp();
        IDeviceWeight weight = inner.PrepareConvolution(part);
        profile.Add("prepare weights", start, 0, 2.0 * weight.ByteLength, IsLoader);
        _taps[weight] = part.Weight.Shape.ElementCount / (part.Weight.Shape[0] * part.Weight.Shape[1]);
        return weight;
    }

    /// <inheritdoc/>
    public void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm = null)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Linear(input, weight, output, epilogue, norm);
        double bytes = Bytes(input) + weight.ReadBytes + (Bytes(output) * (epilogue.Accumulate ? 2 : 1));
        Add("linear", start, 2.0 * input.Rows * weight.InputFeatures * weight.OutputFeatures, bytes);
    }

    /// <inheritdoc/>
    public void RmsNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.RmsNormModulate(input, epsilon, scale, shift, output);
        Add("RMS norm", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void LayerNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.LayerNormModulate(input, epsilon, scale, shift, output);
        Add("layer norm", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void RmsNormRotate(DeviceMatrix values, DeviceMatrix weight, float epsilon, DeviceRotaryTable? table)
    {
        long start = Stopwatch.GetTimestamp();
        inner.RmsNormRotate(values, weight, epsilon, table);
        Add(table is null ? "RMS norm of queries and keys" : "RMS norm and rotation", start, 0, (2 * Bytes(values)) + (table is null ? 0 : Bytes(values)));
    }

    /// <inheritdoc/>
    public void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads, float scale, KeyRanges? seen = null)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Attention(query, key, value, output, heads, scale, seen);
        Add("attention", start, 4.0 * query.Rows * key.Rows * query.Columns, Bytes(query) + Bytes(key) + Bytes(value) + Bytes(output));
    }

    /// <inheritdoc/>
    public void AddGated(DeviceMatrix residual, DeviceMatrix value, RowVectors? gate)
    {
        long start = Stopwatch.GetTimestamp();
        inner.AddGated(residual, value, gate);
        Add("gated residual", start, 0, (2 * Bytes(residual)) + Bytes(value));
    }

    /// <inheritdoc/>
    public void Multiply(DeviceMatrix input, DeviceMatrix factor, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Multiply(input, factor, output);
        Add("multiply", start, 0, Bytes(input) + Bytes(factor) + Bytes(output));
    }

    /// <inheritdoc/>
    public void AddRow(DeviceMatrix input, DeviceMatrix row, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.AddRow(input, row, output);
        Add("add row", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void ScaleShift(DeviceMatrix input, DeviceMatrix scale, DeviceMatrix shift, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.ScaleShift(input, scale, shift, output);
        Add("scale and shift", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void Activate(DeviceMatrix input, Activation activation, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Activate(input, activation, output);
        Add("activation", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void RoundToFloat8(DeviceMatrix input, float scale, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.RoundToFloat8(input, scale, output);
        Add("round to fp8", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void Copy(DeviceMatrix source, DeviceMatrix destination)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Copy(source, destination);
        Add("copy", start, 0, 2 * Bytes(source));
    }

    /// <inheritdoc/>
    public void Convolution(DeviceMatrix input, VolumeShape shape, IDeviceWeight weight, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Convolution(input, shape, weight, output);
        double flops = 2.0 * input.Rows * weight.InputFeatures * weight.OutputFeatures * _taps.GetValueOrDefault(weight, 1);
        Add("convolution", start, flops, Bytes(input) + weight.ReadBytes + Bytes(output));
    }

    /// <inheritdoc/>
    public void GroupNorm(
        DeviceMatrix input, int groups, float epsilon, DeviceMatrix weight, DeviceMatrix bias, DeviceMatrix? residual, Activation activation, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.GroupNorm(input, groups, epsilon, weight, bias, residual, activation, output);
        Add("group norm", start, 0, (2 * Bytes(input)) + Bytes(output) + (residual is { } added ? Bytes(added) : 0));
    }

    /// <inheritdoc/>
    public void PixelShuffle(DeviceMatrix input, VolumeShape shape, int factor, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.PixelShuffle(input, shape, factor, output);
        Add("pixel shuffle", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void FrameShuffle(DeviceMatrix input, VolumeShape shape, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.FrameShuffle(input, shape, output);
        Add("frame shuffle", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void BlurDown(DeviceMatrix input, VolumeShape shape, ReadOnlySpan<float> kernel, int stride, DeviceMatrix output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.BlurDown(input, shape, kernel, stride, output);
        Add("blur", start, 0, Bytes(input) + Bytes(output));
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private static bool IsLoader => Thread.CurrentThread.Name?.Contains("streaming", StringComparison.Ordinal) == true;

    private static double Bytes(DeviceMatrix matrix) => (double)matrix.Rows * matrix.Columns * Value;

    private void Add(string name, long start, double flops, double bytes)
    {
        inner.Synchronize();
        profile.Add(name, start, flops, bytes);
    }
}
