using System.Runtime.CompilerServices;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>Turns panels of 8-bit pairs into panels of bf16 pairs, value by value in the same order.</summary>
internal static unsafe class PanelWidening
{
    /// <summary>Widens values.</summary>
    /// <param name="codes">8-bit values.</param>
    /// <param name="count">How many.</param>
    /// <param name="table">The bf16 of each of the 256 codes.</param>
    /// <param name="values">Receives bf16 values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* codes, long count, ushort* table, ushort* values)
    {
        for (long i = 0; i < count; i++)
        {
            values[i] = table[codes[i]];
        }
    }
}
