using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// Brings a part of a weight that is used where it lies, a row per output, into the layout of a panel. Its rows are far apart, which processors do
/// not fetch ahead by themselves: the block of the next panel is asked for while this one is turned over and multiplied.
/// </summary>
internal static unsafe class PanelGathering
{
    private const int LineWords = 16;

    /// <summary>Fills one block of the depth of a panel: pairs of bf16, which are words of the stored rows as they are.</summary>
    /// <param name="rows">The stored rows of the panel's outputs from the first value of the block on.</param>
    /// <param name="rowWords">Words from one row to the next.</param>
    /// <param name="outputs">Outputs of the panel; columns behind them become 0.</param>
    /// <param name="words">Words of the block.</param>
    /// <param name="panel">Receives [words][32].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* rows, long rowWords, int outputs, int words, float* panel)
    {
        float** starts = stackalloc float*[Panel.Columns];
        for (int output = 0; output < outputs; output++)
        {
            starts[output] = rows + (output * rowWords);
        }

        if (outputs < Panel.Columns)
        {
            new Span<float>(panel, words * Panel.Columns).Clear();
        }

        if (Sse.IsSupported)
        {
            // This block, row by row, for what was not asked for before; then the next.
            for (int output = 0; output < outputs; output++)
            {
                for (int word = 0; word < words; word += LineWords)
                {
                    Sse.Prefetch0(starts[output] + word);
                }
            }

            for (int output = 0; output < outputs; output++)
            {
                float* next = starts[output] + (Panel.Columns * rowWords);
                for (int word = 0; word < words; word += LineWords)
                {
                    Sse.Prefetch1(next + word);
                }
            }
        }

        Transposition.Run(starts, outputs, words, panel, Panel.Columns);
    }
}
