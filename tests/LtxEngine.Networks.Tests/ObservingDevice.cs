using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Tests;

/// <summary>Another device with a note of the largest product or attention that was asked of it at once.</summary>
internal sealed class ObservingDevice(IComputeDevice inner) : IComputeDevice
{
    public double LargestFlops { get; private set; }

    public string Name => inner.Name;

    public long AllocatedBytes => inner.AllocatedBytes;

    public DeviceBuffer Allocate(long length) => inner.Allocate(length);

    public void Upload(ReadOnlySpan<float> source, DeviceMatrix destination) => inner.Upload(source, destination);

    public void Download(DeviceMatrix source, Span<float> destination) => inner.Download(source, destination);

    public void Synchronize() => inner.Synchronize();

    public DeviceIndices CreateIndices(ReadOnlySpan<int> rowOfToken) => inner.CreateIndices(rowOfToken);

    public DeviceRotaryTable CreateRotaryTable(ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, int tokens, int width, int heads, RotaryLayout layout) =>
        inner.CreateRotaryTable(cosines, sines, tokens, width, heads, layout);

    /// <summary>Number of products that were prepared.</summary>
    public int PreparedLinears { get; private set; }

    /// <summary>Number of values in them.</summary>
    public long PreparedWeightValues { get; private set; }

    public IDeviceWeight PrepareLinear(ReadOnlySpan<LinearPart> parts)
    {
        PreparedLinears++;
        foreach (LinearPart part in parts)
        {
            PreparedWeightValues += part.Weight.Shape.ElementCount;
        }

        return inner.PrepareLinear(parts);
    }

    public bool SharesHostMemory => inner.SharesHostMemory;

    public IDeviceWeight BindLinear(ITensorData weight) => inner.BindLinear(weight);

    public IDeviceWeight PrepareConvolution(ConvolutionPart part) => inner.PrepareConvolution(part);

    public void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm = null)
    {
        LargestFlops = Math.Max(LargestFlops, 2.0 * input.Rows * weight.InputFeatures * weight.OutputFeatures);
        inner.Linear(input, weight, output, epilogue, norm);
    }

    public void RmsNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output) =>
        inner.RmsNormModulate(input, epsilon, scale, shift, output);

    public void LayerNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output) =>
        inner.LayerNormModulate(input, epsilon, scale, shift, output);

    public void RmsNormRotate(DeviceMatrix values, DeviceMatrix weight, float epsilon, DeviceRotaryTable? table) => inner.RmsNormRotate(values, weight, epsilon, table);

    public void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads, float scale, KeyRanges? seen = null)
    {
        LargestFlops = Math.Max(LargestFlops, 4.0 * query.Rows * key.Rows * query.Columns);
        inner.Attention(query, key, value, output, heads, scale, seen);
    }

    public void AddGated(DeviceMatrix residual, DeviceMatrix value, RowVectors? gate) => inner.AddGated(residual, value, gate);

    public void Multiply(DeviceMatrix input, DeviceMatrix factor, DeviceMatrix output) => inner.Multiply(input, factor, output);

    public void AddRow(DeviceMatrix input, DeviceMatrix row, DeviceMatrix output) => inner.AddRow(input, row, output);

    public void ScaleShift(DeviceMatrix input, DeviceMatrix scale, DeviceMatrix shift, DeviceMatrix output) => inner.ScaleShift(input, scale, shift, output);

    public void Activate(DeviceMatrix input, Activation activation, DeviceMatrix output) => inner.Activate(input, activation, output);

    public void RoundToFloat8(DeviceMatrix input, float scale, DeviceMatrix output) => inner.RoundToFloat8(input, scale, output);

    public void Copy(DeviceMatrix source, DeviceMatrix destination) => inner.Copy(source, destination);

    public void Convolution(DeviceMatrix input, VolumeShape shape, IDeviceWeight weight, DeviceMatrix output) => inner.Convolution(input, shape, weight, output);

    public void GroupNorm(DeviceMatrix input, int groups, float epsilon, DeviceMatrix weight, DeviceMatrix bias, DeviceMatrix? residual, Activation activation, DeviceMatrix output) =>
        inner.GroupNorm(input, groups, epsilon, weight, bias, residual, activation, output);

    public void PixelShuffle(DeviceMatrix input, VolumeShape shape, int factor, DeviceMatrix output) => inner.PixelShuffle(input, shape, factor, output);

    public void FrameShuffle(DeviceMatrix input, VolumeShape shape, DeviceMatrix output) => inner.FrameShuffle(input, shape, output);

    public void BlurDown(DeviceMatrix input, VolumeShape shape, ReadOnlySpan<float> kernel, int stride, DeviceMatrix output) => inner.BlurDown(input, shape, kernel, stride, output);

    public void Dispose() => inner.Dispose();
}
