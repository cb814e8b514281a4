using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Operations;

namespace LtxEngine.Kernels.Cpu;

/// <content>Operations that change the extents of a volume.</content>
internal sealed unsafe partial class CpuComputeDevice
{
    /// <inheritdoc/>
    public void PixelShuffle(DeviceMatrix input, VolumeShape shape, int factor, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.PixelShuffle(input, shape, factor, output);
        PixelShuffleKernel.Job job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Shape = shape,
            Factor = factor,
        };
        _pool.Run(&PixelShuffleKernel.Run, &job, shape.Frames * shape.Height);
    }

    /// <inheritdoc/>
    public void FrameShuffle(DeviceMatrix input, VolumeShape shape, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.FrameShuffle(input, shape, output);
        FrameShuffleKernel.Job job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Shape = shape,
        };
        _pool.Run(&FrameShuffleKernel.Run, &job, ((2 * shape.Frames) - 1) * shape.Height);
    }

    /// <inheritdoc/>
    public void BlurDown(DeviceMatrix input, VolumeShape shape, ReadOnlySpan<float> kernel, int stride, DeviceMatrix output)
    {
        ThrowIfDisposed();
        int extent = OperationChecks.BlurDown(input, shape, kernel.Length, stride, output);
        RowsView inputView = Resolve(input, nameof(input));
        RowsView outputView = Resolve(output, nameof(output));
        fixed (float* values = kernel)
        {
            BlurDownKernel.Job job = new()
            {
                Input = inputView,
                Output = outputView,
                Shape = shape,
                Kernel = values,
                Extent = extent,
                Stride = stride,
                OutputHeight = (int)(((long)shape.Height + stride - 1) / stride),
                OutputWidth = (int)(((long)shape.Width + stride - 1) / stride),
            };
            _pool.Run(_kernels.BlurDown, &job, shape.Frames * job.OutputHeight);
        }
    }
}
