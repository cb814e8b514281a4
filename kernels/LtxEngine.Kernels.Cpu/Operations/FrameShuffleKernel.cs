using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>out[c, 2·f + p] = in[2·c + p, f] without the first output frame.</summary>
internal static unsafe class FrameShuffleKernel
{
    /// <summary>Fills one row of positions: <c>task = outputFrame·height + y</c>, frames counted after the first was dropped.</summary>
    public static void Run(void* arguments, int task, int worker)
    {
        Job* job = (Job*)arguments;
        int width = job->Shape.Width;
        int height = job->Shape.Height;
        int frame = (task / height) + 1;
        int part = frame % 2;
        int firstInput = (((frame / 2) * height) + (task % height)) * width;
        for (int x = 0; x < width; x++)
        {
            float* input = job->Input.Row(firstInput + x) + part;
            float* output = job->Output.Row((task * width) + x);
            for (int c = 0; c < job->Output.Columns; c++)
            {
                output[c] = input[2L * c];
            }
        }
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>[positions, channels·2].</summary>
        public RowsView Input;

        /// <summary>[(2·frames − 1)·height·width, channels].</summary>
        public RowsView Output;

        /// <summary>Extents before.</summary>
        public VolumeShape Shape;
    }
}
