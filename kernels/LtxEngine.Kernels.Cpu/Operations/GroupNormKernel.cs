using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>
/// Group normalisation in three steps: mean and squared deviations of every (chunk of positions, group), each chunk read twice while
/// it is in the cache; their combination per group; the normalisation itself.
/// </summary>
internal static unsafe class GroupNormKernel
{
    /// <summary>Statistics of one chunk: per channel the sum of differences from the first position, then per group
    /// the mean, then per channel the squared deviations. The differences keep the sums small beside a large mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Measure<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        int channels = job->Input.Columns;
        int perGroup = channels / job->Groups;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        float* sums = job->WorkerScratch + ((long)worker * 2 * job->PaddedChannels);
        float* means = sums + job->PaddedChannels;
        double* moments = job->Moments + ((long)task * job->Groups * 2);

        float* pilot = job->Input.Row(first);
        new Span<float>(sums, channels).Clear();
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            for (int channel = 0; channel < channels; channel += TLanes.Count)
            {
                TVector difference = TLanes.Subtract(TLanes.Load(input + channel), TLanes.Load(pilot + channel));
                TLanes.Store(sums + channel, TLanes.Add(TLanes.Load(sums + channel), difference));
            }
        }

        double count = (double)(last - first) * perGroup;
        for (int group = 0; group < job->Groups; group++)
        {
            double sum = 0;
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                sum += sums[channel] + ((double)pilot[channel] * (last - first));
            }

            // The deviations below are taken from the rounded mean; Combine works with the same number.
            float mean = (float)(sum / count);
            moments[group * 2] = sum / count;
            new Span<float>(means + (group * perGroup), perGroup).Fill(mean);
        }

        new Span<float>(sums, channels).Clear();
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            for (int channel = 0; channel < channels; channel += TLanes.Count)
            {
                TVector difference = TLanes.Subtract(TLanes.Load(input + channel), TLanes.Load(means + channel));
                TLanes.Store(sums + channel, TLanes.MultiplyAdd(difference, difference, TLanes.Load(sums + channel)));
            }
        }

        for (int group = 0; group < job->Groups; group++)
        {
            double squares = 0;
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                squares += sums[channel];
            }

            // Σ(x − m)² around the rounded m is larger than around the true mean by count·(m − mean)².
            double correction = (float)moments[group * 2] - moments[group * 2];
            moments[(group * 2) + 1] = Math.Max(0, squares - (count * correction * correction));
        }
    }

    /// <summary>
    /// Combines the chunks of every group in their order (Chan's formula for means and squared deviations) and writes, per channel,
    /// the mean, the factor weight/√(variance + ε) and the addend.
    /// </summary>
    public static void Combine(Job* job)
    {
        int perGroup = job->Input.Columns / job->Groups;
        for (int group = 0; group < job->Groups; group++)
        {
            double count = 0;
            double mean = 0;
            double squares = 0;
            for (int chunk = 0; chunk < job->Chunks; chunk++)
            {
                int rows = Math.Min(job->RowsPerTask, job->Input.Rows - (chunk * job->RowsPerTask));
                double chunkCount = (double)rows * perGroup;
                double* moments = job->Moments + ((((long)chunk * job->Groups) + group) * 2);
                double difference = moments[0] - mean;
                double total = count + chunkCount;
                mean += difference * chunkCount / total;
                squares += moments[1] + (difference * difference * count * chunkCount / total);
                count = total;
            }

            double factor = 1 / Math.Sqrt((squares / count) + job->Epsilon);
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                job->Means[channel] = (float)mean;
                job->Factors[channel] = (float)(factor * job->Weight[channel]);

                // What the rounding of the mean took away is given back with the bias.
                job->Offsets[channel] = (float)(job->Bias[channel] + (((float)mean - mean) * factor * job->Weight[channel]));
            }
        }
    }

    /// <summary>Normalises one chunk: y = activation((x − mean)·factor + offset + residual).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        int channels = job->Input.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Input.Rows);
        for (int row = first; row < last; row++)
        {
            float* input = job->Input.Row(row);
            float* output = job->Output.Row(row);
            float* residual = job->HasResidual ? job->Residual.Row(row) : null;
            int channel = 0;
            for (; channel <= channels - TLanes.Count; channel += TLanes.Count)
            {
                TLanes.Store(output + channel, Compute<TLanes, TVector>(job, input, residual, channel));
            }

            if (channel < channels)
            {
                PartialVector.Store(output + channel, Compute<TLanes, TVector>(job, input, residual, channel), channels - channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Compute<TLanes, TVector>(Job* job, float* input, float* residual, int channel)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector y = TLanes.Subtract(TLanes.Load(input + channel), TLanes.Load(job->Means + channel));
        y = TLanes.MultiplyAdd(y, TLanes.Load(job->Factors + channel), TLanes.Load(job->Offsets + channel));
        if (residual is not null)
        {
            y = TLanes.Add(y, TLanes.Load(residual + channel));
        }

        return job->Activation switch
        {
            Activation.Silu => VectorMath.Silu<TLanes, TVector>(y),
            Activation.GeluTanh => VectorMath.GeluTanh<TLanes, TVector>(y),
            _ => y,
        };
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>[positions, channels].</summary>
        public RowsView Input;

        /// <summary>[positions, channels].</summary>
        public RowsView Output;

        /// <summary>[positions, channels], when <see cref="HasResidual"/>.</summary>
        public RowsView Residual;

        /// <summary>Whether a residual is added.</summary>
        public bool HasResidual;

        /// <summary>One factor per channel.</summary>
        public float* Weight;

        /// <summary>One addend per channel.</summary>
        public float* Bias;

        /// <summary>Number of groups.</summary>
        public int Groups;

        /// <summary>ε.</summary>
        public float Epsilon;

        /// <summary>Applied last.</summary>
        public Activation Activation;

        /// <summary>Positions per task.</summary>
        public int RowsPerTask;

        /// <summary>Number of tasks.</summary>
        public int Chunks;

        /// <summary>Mean and sum of squared deviations, [chunks, groups, 2].</summary>
        public double* Moments;

        /// <summary>Mean per channel.</summary>
        public float* Means;

        /// <summary>Factor per channel.</summary>
        public float* Factors;

        /// <summary>Addend per channel.</summary>
        public float* Offsets;

        /// <summary>The number of channels, rounded up to whole registers.</summary>
        public int PaddedChannels;

        /// <summary>2 · <see cref="PaddedChannels"/> values per worker.</summary>
        public float* WorkerScratch;
    }
}
