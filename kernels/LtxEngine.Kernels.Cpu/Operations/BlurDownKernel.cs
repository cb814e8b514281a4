using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>One k×k kernel over every channel of every frame, zero padding k/2, with a stride.</summary>
internal static unsafe class BlurDownKernel
{
    /// <summary>Computes one row of positions: <c>task = frame·outputHeight + y</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Job* job = (Job*)arguments;
        VolumeShape shape = job->Shape;
        int frame = task / job->OutputHeight;
        int top = ((task % job->OutputHeight) * job->Stride) - (job->Extent / 2);
        int channels = job->Input.Columns;
        for (int x = 0; x < job->OutputWidth; x++)
        {
            float* output = job->Output.Row((task * job->OutputWidth) + x);
            int left = (x * job->Stride) - (job->Extent / 2);
            for (int channel = 0; channel < channels; channel += TLanes.Count)
            {
                TVector sum = TLanes.Zero;
                for (int i = 0; i < job->Extent; i++)
                {
                    int row = top + i;
                    if (row < 0 || row >= shape.Height)
                    {
                        continue;
                    }

                    for (int j = 0; j < job->Extent; j++)
                    {
                        int column = left + j;
                        if (column < 0 || column >= shape.Width)
                        {
                            continue;
                        }

                        float* input = job->Input.Row((((frame * shape.Height) + row) * shape.Width) + column) + channel;
                        TVector weight = TLanes.Broadcast(job->Kernel[(i * job->Extent) + j]);
                        sum = TLanes.MultiplyAdd(TLanes.Load(input), weight, sum);
                    }
                }

                if (channels - channel < TLanes.Count)
                {
                    PartialVector.Store(output + channel, sum, channels - channel);
                    break;
                }

                TLanes.Store(output + channel, sum);
            }
        }
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>[positions, channels].</summary>
        public RowsView Input;

        /// <summary>[output positions, channels].</summary>
        public RowsView Output;

        /// <summary>Extents before.</summary>
        public VolumeShape Shape;

        /// <summary>k·k values.</summary>
        public float* Kernel;

        /// <summary>k.</summary>
        public int Extent;

        /// <summary>The stride.</summary>
        public int Stride;

        /// <summary>Rows after.</summary>
        public int OutputHeight;

        /// <summary>Columns after.</summary>
        public int OutputWidth;
    }
}
