using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Threading;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Attention;

/// <summary>
/// Attention of a single query, as a text model decodes: keys and values are read once where they lie, since packing them for
/// <see cref="AttentionKernel"/> would cost more than using them. One task per query head; scores, weights and sums are fp32 and summed in the order of
/// the keys.
/// </summary>
internal static unsafe class RowAttention
{
    // Whole registers of every width.
    private const int ScorePadding = 16;

    /// <summary>Runs attention.</summary>
    /// <param name="job">The four matrices with one query, the scale, and the keys that are seen.</param>
    /// <param name="heads">Number of query heads.</param>
    /// <param name="kernels">The kernels of the instruction set.</param>
    /// <param name="pool">The workers.</param>
    /// <param name="scratch">Working memory.</param>
    public static void Run(ref AttentionJob job, int heads, KernelTable kernels, WorkerPool pool, ScratchMemory scratch)
    {
        job.ScratchPerWorker = (job.Key.Rows + (2L * ScorePadding)) / ScorePadding * ScorePadding;
        job.WorkerScratch = (float*)scratch.Require(pool.Threads * job.ScratchPerWorker * sizeof(float));
        fixed (AttentionJob* arguments = &job)
        {
            pool.Run(kernels.AttendRow, arguments, heads);
        }
    }

    /// <summary>Attends with one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attend<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        AttentionJob* job = (AttentionJob*)arguments;
        int dimension = job->HeadDimension;
        int keyChannel = task / job->QueryHeadsPerKeyHead * dimension;
        float* query = job->Query.Row(0) + (task * dimension);
        float* output = job->Output.Row(0) + (task * dimension);
        float* scores = job->WorkerScratch + (worker * job->ScratchPerWorker);
        int first = job->FirstKeys is null ? 0 : job->FirstKeys[0];
        int end = job->FirstKeys is null ? job->Key.Rows : job->EndKeys[0];
        float maximum = float.MinValue;
        for (int key = first; key < end; key++)
        {
            float score = InnerProduct<TLanes, TVector>(query, job->Key.Row(key) + keyChannel, dimension) * job->Scale;
            scores[key - first] = score;
            maximum = Math.Max(maximum, score);
        }

        int count = end - first;
        float sum = Exponentiate<TLanes, TVector>(scores, count, maximum);
        new Span<float>(output, dimension).Clear();
        for (int key = 0; key < count; key++)
        {
            AddScaled<TLanes, TVector>(output, job->Value.Row(first + key) + keyChannel, scores[key] / sum, dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float InnerProduct<TLanes, TVector>(float* a, float* b, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector even = TLanes.Zero;
        TVector odd = TLanes.Zero;
        int i = 0;
        for (; i <= count - (2 * TLanes.Count); i += 2 * TLanes.Count)
        {
            even = TLanes.MultiplyAdd(TLanes.Load(a + i), TLanes.Load(b + i), even);
            odd = TLanes.MultiplyAdd(TLanes.Load(a + i + TLanes.Count), TLanes.Load(b + i + TLanes.Count), odd);
        }

        float sum = TLanes.Sum(TLanes.Add(even, odd));
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Scores to exp(score − maximum); their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Exponentiate<TLanes, TVector>(float* scores, int count, float maximum)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector shift = TLanes.Broadcast(maximum);
        float sum = 0;
        for (int i = 0; i < count; i += TLanes.Count)
        {
            TLanes.Store(scores + i, VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Subtract(TLanes.Load(scores + i), shift)));
            for (int lane = i; lane < Math.Min(i + TLanes.Count, count); lane++)
            {
                sum += scores[lane];
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled<TLanes, TVector>(float* output, float* value, float weight, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector weights = TLanes.Broadcast(weight);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(output + i, TLanes.MultiplyAdd(weights, TLanes.Load(value + i), TLanes.Load(output + i)));
        }

        for (; i < count; i++)
        {
            output[i] += weight * value[i];
        }
    }
}
