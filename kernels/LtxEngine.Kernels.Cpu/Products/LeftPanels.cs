using System.Runtime.CompilerServices;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>Packs rows into a left-hand panel: [depth][rows], so that one step of the depth is contiguous.</summary>
internal static unsafe class LeftPanels
{
    // Values of one row handled at a time: rows · 32 values stay in the first-level cache while they are turned over.
    private const int Strip = 32;

    /// <summary>panel[k·height + r] = rows[r][k].</summary>
    /// <param name="rows">One address per row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="depth">Values per row.</param>
    /// <param name="panel">Receives height · depth values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float** rows, int height, int depth, float* panel)
    {
        for (int start = 0; start < depth; start += Strip)
        {
            int count = Math.Min(Strip, depth - start);
            for (int r = 0; r < height; r++)
            {
                float* source = rows[r] + start;
                float* destination = panel + ((long)start * height) + r;
                for (int k = 0; k < count; k++)
                {
                    *destination = source[k];
                    destination += height;
                }
            }
        }
    }
}
