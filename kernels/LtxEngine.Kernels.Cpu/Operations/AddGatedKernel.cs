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
            for (int column = 0; column < width; column += TLanes.Count)
            {
                int left = width - column;
                TVector sum = VectorMath.LoadUpTo<TLanes, TVector>(residual + column, left);
                TVector added = VectorMath.LoadUpTo<TLanes, TVector>(value + column, left);
                sum = gate is null
                    ? TLanes.Add(sum, added)
                    : TLanes.MultiplyAdd(VectorMath.LoadUpTo<TLanes, TVector>(gate + column, left), added, sum);
                VectorMath.StoreUpTo<TLanes, TVector>(residual + column, sum, left);
            }
        }
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
