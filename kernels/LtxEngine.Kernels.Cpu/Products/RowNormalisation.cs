using LtxEngine.Kernels.Cpu.Memory;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// The norm in front of a product: rows are normalised one left-hand panel at a time, right before they are packed, so that the outcome
/// is packed out of the cache and never goes to memory.
/// </summary>
internal unsafe struct RowNormalisation
{
    // Rows whose distance is a power of two would share few places of the first-level cache.
    private const int Gap = 16;

    /// <summary><see cref="Operations.RmsNormModulateKernel.Row"/>; null for no norm.</summary>
    public delegate*<float*, float*, int, float, float*, float*, void> Kernel;

    /// <summary>ε.</summary>
    public float Epsilon;

    /// <summary>Scale of each row, or none.</summary>
    public RowVectorsView Scale;

    /// <summary>Shift of each row, or none.</summary>
    public RowVectorsView Shift;

    /// <summary>Normalised rows of one panel, one area of <see cref="LengthPerWorker"/> per worker.</summary>
    public float* Rows;

    /// <summary>Whether there is a norm.</summary>
    public readonly bool IsWanted => Kernel is not null;

    /// <summary>Values from one normalised row to the next.</summary>
    public static int Stride(int columns) => ((columns + 15) / 16 * 16) + Gap;

    /// <summary>Values per worker in <see cref="Rows"/>.</summary>
    public static long LengthPerWorker(int columns) => (long)Panel.MaximumRows * Stride(columns);

    /// <summary>Normalises the rows of a panel and puts the outcome in their places.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="firstRow">Number of the first.</param>
    /// <param name="height">How many.</param>
    /// <param name="columns">Their length.</param>
    /// <param name="worker">The thread.</param>
    public readonly void Apply(float** rows, int firstRow, int height, int columns, int worker)
    {
        float* area = Rows + (worker * LengthPerWorker(columns));
        for (int r = 0; r < height; r++)
        {
            int row = firstRow + r;
            float* normalised = area + (r * Stride(columns));
            Kernel(rows[r], normalised, columns, Epsilon, Scale.OfToken(row), Shift.OfToken(row));
            rows[r] = normalised;
        }
    }
}
