using LtxEngine.Kernels.Cpu.Operations;

namespace LtxEngine.Kernels.Cpu;

/// <content>Operations that work element by element.</content>
internal sealed unsafe partial class CpuComputeDevice
{
    /// <inheritdoc/>
    public void AddGated(DeviceMatrix residual, DeviceMatrix value, RowVectors? gate)
    {
        ThrowIfDisposed();
        OperationChecks.AddGated(residual, value, gate);
        AddGatedKernel.Job job = new()
        {
            Residual = Resolve(residual, nameof(residual)),
            Value = Resolve(value, nameof(value)),
            Gate = Resolve(gate, nameof(gate)),
            RowsPerTask = RowTasks.RowsPerTask(residual.Rows, residual.Columns),
        };
        _pool.Run(_kernels.AddGated, &job, RowTasks.Count(residual.Rows, job.RowsPerTask));
    }

    /// <inheritdoc/>
    public void Multiply(DeviceMatrix input, DeviceMatrix factor, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.Multiply(input, factor, output);
        MultiplyKernel.Job job = new()
        {
            Input = Resolve(input, nameof(input)),
            Factor = Resolve(factor, nameof(factor)),
            Output = Resolve(output, nameof(output)),
            RowsPerTask = RowTasks.RowsPerTask(input.Rows, input.Columns),
        };
        _pool.Run(_kernels.Multiplied, &job, RowTasks.Count(input.Rows, job.RowsPerTask));
    }

    /// <inheritdoc/>
    public void AddRow(DeviceMatrix input, DeviceMatrix row, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.AddRow(input, row, output);
        ElementWiseJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Shift = Resolve(row, nameof(row)).Start,
        };
        RunRows(_kernels.AddRow, ref job);
    }

    /// <inheritdoc/>
    public void ScaleShift(DeviceMatrix input, DeviceMatrix scale, DeviceMatrix shift, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.ScaleShift(input, scale, shift, output);
        ElementWiseJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Scale = Resolve(scale, nameof(scale)).Start,
            Shift = Resolve(shift, nameof(shift)).Start,
        };
        RunRows(_kernels.ScaleShift, ref job);
    }

    /// <inheritdoc/>
    public void Activate(DeviceMatrix input, Activation activation, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.Activate(input, activation, output);
        ElementWiseJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
        };
        switch (activation)
        {
            case Activation.Silu:
                RunRows(_kernels.Silu, ref job);
                break;
            case Activation.GeluTanh:
                RunRows(_kernels.GeluTanh, ref job);
                break;
            case Activation.None when input != output:
                RunRows(&CopyKernel.Run, ref job);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void RoundToFloat8(DeviceMatrix input, float scale, DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.RoundToFloat8(input, scale, output);
        ElementWiseJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Factor = scale,
        };
        RunRows(_kernels.RoundToFloat8, ref job);
    }

    private void RunRows(delegate*<void*, int, int, void> kernel, ref ElementWiseJob job)
    {
        job.RowsPerTask = RowTasks.RowsPerTask(job.Input.Rows, job.Input.Columns);
        fixed (ElementWiseJob* arguments = &job)
        {
            _pool.Run(kernel, arguments, RowTasks.Count(job.Input.Rows, job.RowsPerTask));
        }
    }
}
