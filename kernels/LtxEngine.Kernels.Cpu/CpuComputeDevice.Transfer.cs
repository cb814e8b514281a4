using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Operations;

namespace LtxEngine.Kernels.Cpu;

/// <content>Copies from, to and within the device.</content>
internal sealed unsafe partial class CpuComputeDevice
{
    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<float> source, DeviceMatrix destination)
    {
        ThrowIfDisposed();
        OperationChecks.Transfer(destination, source.Length, nameof(destination));
        RowsView view = Resolve(destination, nameof(destination));
        for (int row = 0; row < view.Rows; row++)
        {
            source.Slice(row * view.Columns, view.Columns).CopyTo(new Span<float>(view.Row(row), view.Columns));
        }
    }

    /// <inheritdoc/>
    public void Download(DeviceMatrix source, Span<float> destination)
    {
        ThrowIfDisposed();
        OperationChecks.Transfer(source, destination.Length, nameof(source));
        RowsView view = Resolve(source, nameof(source));
        for (int row = 0; row < view.Rows; row++)
        {
            new ReadOnlySpan<float>(view.Row(row), view.Columns).CopyTo(destination.Slice(row * view.Columns, view.Columns));
        }
    }

    /// <inheritdoc/>
    public void Copy(DeviceMatrix source, DeviceMatrix destination)
    {
        ThrowIfDisposed();
        OperationChecks.Copy(source, destination);
        ElementWiseJob job = new() { Input = Resolve(source, nameof(source)), Output = Resolve(destination, nameof(destination)) };
        RunRows(&CopyKernel.Run, ref job);
    }
}
