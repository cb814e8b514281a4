using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Operations;

/// <summary>out[c, y·r + p, x·r + q] = in[c·r² + p·r + q, y, x] in every frame.</summary>
internal static unsafe class PixelShuffleKernel
{
    /// <summary>Spreads one row of one frame: <c>task = frame·height + y</c>.</summary>
    public static void Run(void* arguments, int task, int worker)
    {
        Job* job = (Job*)arguments;
        int factor = job->Factor;
        int square = factor * factor;
        int width = job->Shape.Width;
        long firstOutput = (long)task * width * square;
        for (int x = 0; x < width; x++)
        {
            float* input = job->Input.Row((task * width) + x);
            for (int p = 0; p < factor; p++)
            {
                for (int q = 0; q < factor; q++)
                {
                    float* output = job->Output.Start + ((firstOutput + ((long)p * width * factor) + ((long)x * factor) + q) * job->Output.Stride);
                    float* channel = input + (p * factor) + q;
                    for (int c = 0; c < job->Output.Columns; c++)
                    {
                        output[c] = channel[(long)c * square];
                    }
                }
            }
        }
    }

    /// <summary>The arguments.</summary>
    internal struct Job
    {
        /// <summary>[positions, channels·r²].</summary>
        public RowsView Input;

        /// <summary>[positions·r², channels].</summary>
        public RowsView Output;

        /// <summary>Extents before.</summary>
        public VolumeShape Shape;

        /// <summary>r.</summary>
        public int Factor;
    }
}
