using System.Runtime.CompilerServices;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// Packs left-hand rows into panels in which one step of the depth, a word of 32 bits from every row, is contiguous: fp32 values, bf16
/// values by twos, or bytes by fours.
/// </summary>
internal static unsafe class LeftPacking
{
    // Values of a row that are rounded at a time: 14 rows of 512 bf16 are 14 KB.
    private const int RoundedAtOnce = 512;

    // Below the normal numbers a step would have no finite inverse.
    private const float SmallestStep = 5e-38f;

    /// <summary>Packs one panel of fp32 values.</summary>
    public static void PackSingle(void* arguments, int task, int worker)
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        int height = Panel.RowsOf(task, job->RowPanels, job->BlockRows);
        int channels = job->Input.Columns;
        float* panel = PanelOf(job, task);
        float** rows = stackalloc float*[Panel.MaximumRows];
        for (int tap = 0; tap < job->Kernel.Taps; tap++)
        {
            Gather(job, task, tap, worker, rows);
            Transposition.Run(rows, height, channels, panel + ((long)tap * channels * height), height);
        }

        if (job->Depth != job->PaddedDepth)
        {
            new Span<float>(panel + ((long)job->Depth * height), height).Clear();
        }
    }

    /// <summary>Packs one panel of bf16 pairs. A convolution has to have an even number of channels, so that no pair spans two taps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackBrain<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        int height = Panel.RowsOf(task, job->RowPanels, job->BlockRows);
        int channels = job->Input.Columns;
        float* panel = PanelOf(job, task);
        float** rows = stackalloc float*[Panel.MaximumRows];
        float** rounded = stackalloc float*[Panel.MaximumRows];
        uint* pairs = stackalloc uint[Panel.MaximumRows * RoundedAtOnce / 2];
        for (int r = 0; r < height; r++)
        {
            rounded[r] = (float*)(pairs + (r * RoundedAtOnce / 2));
        }

        for (int tap = 0; tap < job->Kernel.Taps; tap++)
        {
            Gather(job, task, tap, worker, rows);
            float* destination = panel + ((long)tap * (channels / 2) * height);
            for (int start = 0; start < channels; start += RoundedAtOnce)
            {
                int count = Math.Min(RoundedAtOnce, channels - start);
                for (int r = 0; r < height; r++)
                {
                    RoundRow<TLanes, TVector>(rows[r] + start, count, (uint*)rounded[r]);
                }

                Transposition.Run(rounded, height, (count + 1) / 2, destination + ((long)(start / 2) * height), height);
            }
        }
    }

    /// <summary>
    /// Packs one panel of bytes: x ≈ scale·(q − zero), q in 0 … 255, with scale and zero from the smallest and largest value of the row. A
    /// row with a value that is not finite has the scale NaN. Only for linear layers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackBytes<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MatrixProductJob* job = (MatrixProductJob*)arguments;
        int first = Panel.FirstRow(task, job->RowPanels, job->BlockRows);
        int height = Panel.RowsOf(task, job->RowPanels, job->BlockRows);
        int inputs = job->Input.Columns;
        float* panel = PanelOf(job, task);
        float** rows = stackalloc float*[Panel.MaximumRows];
        float** rounded = stackalloc float*[Panel.MaximumRows];
        float* inverses = stackalloc float[Panel.MaximumRows];
        byte* bytes = stackalloc byte[Panel.MaximumRows * RoundedAtOnce];
        float* range = stackalloc float[3];
        Gather(job, task, 0, worker, rows);
        for (int r = 0; r < height; r++)
        {
            rounded[r] = (float*)(bytes + (r * RoundedAtOnce));
            ByteQuantisation.Measure<TLanes, TVector>(rows[r], inputs, range);
            float step = (range[1] / byte.MaxValue) - (range[0] / byte.MaxValue);

            // Rows of zeros, and of values so small that their step has no inverse, count as zeros.
            inverses[r] = step >= SmallestStep ? 1 / step : 0;
            int zero = (int)MathF.Round(-range[0] * inverses[r]);
            job->RowZeros[first + r] = zero;
            job->RowScales[first + r] = step + range[2];
        }

        for (int start = 0; start < job->PaddedDepth; start += RoundedAtOnce)
        {
            int count = Math.Min(RoundedAtOnce, inputs - start);
            int padded = Math.Min(RoundedAtOnce, job->PaddedDepth - start);
            for (int r = 0; r < height; r++)
            {
                byte* row = (byte*)rounded[r];
                ByteQuantisation.Quantise<TLanes, TVector>(rows[r] + start, count, inverses[r], job->RowZeros[first + r], 0, byte.MaxValue, row);
                new Span<byte>(row + count, padded - count).Clear();
            }

            Transposition.Run(rounded, height, padded / 4, panel + ((long)(start / 4) * height), height);
        }
    }

    private static float* PanelOf(MatrixProductJob* job, int panel) =>
        job->Left + ((long)Panel.FirstRow(panel, job->RowPanels, job->BlockRows) * job->LeftWords);

    /// <summary>
    /// Finds the rows of a panel. For a convolution each row of the product is a position, its values are the input channels under every
    /// tap of the kernel, zeros outside the volume. Rows of a linear layer are normalised where that is asked.
    /// </summary>
    private static void Gather(MatrixProductJob* job, int panel, int tap, int worker, float** rows)
    {
        int first = Panel.FirstRow(panel, job->RowPanels, job->BlockRows);
        int height = Panel.RowsOf(panel, job->RowPanels, job->BlockRows);
        VolumeShape shape = job->Shape;
        int framePositions = shape.Height * shape.Width;
        int tapFrame = (tap / (job->Kernel.Height * job->Kernel.Width)) - (job->Kernel.Frames / 2);
        int tapRow = (tap / job->Kernel.Width % job->Kernel.Height) - (job->Kernel.Height / 2);
        int tapColumn = (tap % job->Kernel.Width) - (job->Kernel.Width / 2);
        for (int r = 0; r < height; r++)
        {
            int row = job->FirstRow + first + r;
            if (job->Kernel.Taps == 1)
            {
                rows[r] = job->Input.Row(row);
                continue;
            }

            int frame = (row / framePositions) + tapFrame;
            int y = (row / shape.Width % shape.Height) + tapRow;
            int x = (row % shape.Width) + tapColumn;
            bool isInside = (uint)frame < (uint)shape.Frames && (uint)y < (uint)shape.Height && (uint)x < (uint)shape.Width;
            rows[r] = isInside ? job->Input.Row((((frame * shape.Height) + y) * shape.Width) + x) : job->Zeros;
        }

        if (job->Norm.IsWanted)
        {
            job->Norm.Apply(rows, job->FirstRow + first, height, job->Input.Columns, worker);
        }
    }

    /// <summary>Rounds values to bf16 pairs; an odd last value is paired with 0.</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many.</param>
    /// <param name="pairs">Receives a word per two values.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RoundRow<TLanes, TVector>(float* values, int count, uint* pairs)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i <= count - (2 * TLanes.Count); i += 2 * TLanes.Count)
        {
            TLanes.StoreBrainPairs(pairs + (i / 2), values + i);
        }

        if (i < count)
        {
            RoundRest<TLanes, TVector>(values + i, count - i, pairs + (i / 2));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RoundRest<TLanes, TVector>(float* values, int count, uint* pairs)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* rest = stackalloc float[32];
        uint* rounded = stackalloc uint[16];
        new Span<float>(rest, 32).Clear();
        new Span<float>(values, count).CopyTo(new Span<float>(rest, 32));
        TLanes.StoreBrainPairs(rounded, rest);
        new Span<uint>(rounded, (count + 1) / 2).CopyTo(new Span<uint>(pairs, (count + 1) / 2));
    }
}
