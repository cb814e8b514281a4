using LtxEngine.Kernels.Cpu.Operations;

namespace LtxEngine.Kernels.Cpu;

/// <content>Norms and what is fused with them.</content>
internal sealed unsafe partial class CpuComputeDevice
{
    /// <inheritdoc/>
    public void RmsNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output) =>
        NormModulate(_kernels.RmsNormModulate, input, epsilon, scale, shift, output);

    /// <inheritdoc/>
    public void LayerNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output) =>
        NormModulate(_kernels.LayerNormModulate, input, epsilon, scale, shift, output);

    /// <inheritdoc/>
    public void RmsNormRotate(DeviceMatrix values, DeviceMatrix weight, float epsilon, DeviceRotaryTable? table)
    {
        ThrowIfDisposed();
        OperationChecks.RmsNormRotate(values, weight, epsilon, table);
        RmsNormRotateKernel.Job job = new()
        {
            Values = Resolve(values, nameof(values)),
            Weight = Resolve(weight, nameof(weight)).Start,
            Epsilon = epsilon,
            RowsPerTask = RowTasks.RowsPerTask(values.Rows, values.Columns),
        };
        if (table is not null)
        {
            CpuRotaryTable rotary = table as CpuRotaryTable ?? throw new ArgumentException("The table belongs to another device.", nameof(table));
            job.Cosines = rotary.Cosines;
            job.Sines = rotary.Sines;
            job.TableColumns = rotary.Columns;
            job.RowsPerAngles = values.Rows / rotary.Tokens;
            job.HeadDimension = rotary.Width / rotary.Heads;
            job.Layout = rotary.Layout;
        }

        _pool.Run(_kernels.RmsNormRotate, &job, RowTasks.Count(values.Rows, job.RowsPerTask));
    }

    /// <inheritdoc/>
    public void GroupNorm(
        DeviceMatrix input,
        int groups,
        float epsilon,
        DeviceMatrix weight,
        DeviceMatrix bias,
        DeviceMatrix? residual,
        Activation activation,
        DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.GroupNorm(input, groups, epsilon, weight, bias, residual, activation, output);
        int rowsPerTask = RowTasks.RowsPerTask(input.Rows, input.Columns);
        GroupNormKernel.Job job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Residual = residual is { } added ? Resolve(added, nameof(residual)) : default,
            HasResidual = residual.HasValue,
            Weight = Resolve(weight, nameof(weight)).Start,
            Bias = Resolve(bias, nameof(bias)).Start,
            Groups = groups,
            Epsilon = epsilon,
            Activation = activation,
            RowsPerTask = rowsPerTask,
            Chunks = RowTasks.Count(input.Rows, rowsPerTask),
        };
        if (job.Chunks == 0)
        {
            return;
        }

        long momentBytes = (long)job.Chunks * groups * 2 * sizeof(double);
        job.PaddedChannels = checked(input.Columns + 15) / 16 * 16;
        byte* memory = _scratch.Require(momentBytes + ((3 + (2L * Threads)) * job.PaddedChannels * sizeof(float)));
        job.Moments = (double*)memory;
        job.Means = (float*)(memory + momentBytes);
        job.Factors = job.Means + job.PaddedChannels;
        job.Offsets = job.Factors + job.PaddedChannels;
        job.WorkerScratch = job.Offsets + job.PaddedChannels;
        _pool.Run(_kernels.GroupNormMeasure, &job, job.Chunks);
        GroupNormKernel.Combine(&job);
        _pool.Run(_kernels.GroupNormNormalize, &job, job.Chunks);
    }

    private void NormModulate(
        delegate*<void*, int, int, void> kernel,
        DeviceMatrix input,
        float epsilon,
        RowVectors? scale,
        RowVectors? shift,
        DeviceMatrix output)
    {
        ThrowIfDisposed();
        OperationChecks.NormModulate(input, epsilon, scale, shift, output);
        NormModulateJob job = new()
        {
            Input = Resolve(input, nameof(input)),
            Output = Resolve(output, nameof(output)),
            Scale = Resolve(scale, nameof(scale)),
            Shift = Resolve(shift, nameof(shift)),
            Epsilon = epsilon,
            RowsPerTask = RowTasks.RowsPerTask(input.Rows, input.Columns),
        };
        _pool.Run(kernel, &job, RowTasks.Count(input.Rows, job.RowsPerTask));
    }
}
