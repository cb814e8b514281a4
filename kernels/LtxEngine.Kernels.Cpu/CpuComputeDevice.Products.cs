using LtxEngine.Kernels.Cpu.Attention;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Weights;

namespace LtxEngine.Kernels.Cpu;

/// <content>Matrix products: linear layers, convolutions, attention.</content>
internal sealed unsafe partial class CpuComputeDevice
{
    /// <inheritdoc/>
    public void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm = null)
    {
        ThrowIfDisposed();
        OperationChecks.Linear(input, weight, output, epilogue, norm);
        CpuWeight packed = Resolve(weight, isConvolution: false);
        MatrixProductJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Activation = epilogue.Activation,
            Accumulate = epilogue.Accumulate,
            Gate = Resolve(epilogue.Gate, nameof(epilogue)),
            Shape = new VolumeShape(1, 1, 1),
        };
        if (norm is { } given)
        {
            job.Norm = new RowNormalisation
            {
                Kernel = _kernels.NormaliseRow,
                Epsilon = given.Epsilon,
                Scale = Resolve(given.Scale, nameof(norm)),
                Shift = Resolve(given.Shift, nameof(norm)),
            };
        }

        MatrixProduct.Run(ref job, packed, _kernels, _pool, _scratch);
    }

    /// <inheritdoc/>
    public void Convolution(DeviceMatrix input, VolumeShape shape, IDeviceWeight weight, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.Convolution(input, shape, weight, output);
        CpuWeight packed = Resolve(weight, isConvolution: true);
        MatrixProductJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Shape = shape,
        };
        MatrixProduct.Run(ref job, packed, _kernels, _pool, _scratch);
    }

    /// <inheritdoc/>
    public void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads, float scale, KeyRanges? seen = null)
    {
        ThrowIfDisposed();
        OperationChecks.Attention(query, key, value, output, heads, seen);
        AttentionJob job = new()
        {
            Query = Resolve(query, nameof(query)),
            Key = Resolve(key, nameof(key)),
            Value = Resolve(value, nameof(value)),
            Output = Resolve(output, nameof(output)),
            Scale = scale,
            FirstKeys = Resolve(seen?.First, nameof(seen)),
            EndKeys = Resolve(seen?.End, nameof(seen)),
        };
        FlashAttention.Run(ref job, heads, _kernels, _pool, _scratch);
    }
}
