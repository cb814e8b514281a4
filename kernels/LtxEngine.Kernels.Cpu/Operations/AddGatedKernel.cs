using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>residual ← residual + gate ∘ value.</summary>
internal static unsafe class AddGatedKernel
{
    /// <summary>Updates the rows of one task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        int width = job->Residual.Columns;
        int first = task * job->RowsPerTask;
        int last = Math.Min(first + job->RowsPerTask, job->Residual.Rows);
        for (int row = first; row < last; row++)
        {
            float* residual = job->Residual.Row(row);
            float* value = job->Value.Row(row);
            float* gate = job->Gate.OfToken(row);
            int column = 0;
            for (; column <= width - TLanes.Count; column += TLanes.Count)
            {
                TLanes.Store(residual + column, Compute<TLanes, TVector>(residual, value, gate, column));
            }

            if (column < width)
            {
                PartialVector.Store(residual + column, Compute<TLanes, TVector>(residual, value, gate, column), width - column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Compute<TLanes, TVector>(float* residual, float* value, float* gate, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector sum = TLanes.Load(residual + column);
        TVector added = TLanes.Load(value + column);
        return gate is null ? TLanes.Add(sum, added) : TLanes.MultiplyAdd(TLanes.Load(gate + column), added, sum);
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>Updated.</summary>
        public RowsView Residual;

        /// <summary>Added.</summary>
        public RowsView Value;

        /// <summary>Factor of each row, or none.</summary>
        public RowVectorsView Gate;

        /// <summary>Rows per task.</summary>
        public int RowsPerTask;
    }
}
