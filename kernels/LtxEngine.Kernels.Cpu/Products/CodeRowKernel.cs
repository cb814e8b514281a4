using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>
/// One fp32 row times a panel of 8-bit pairs: the codes are widened in registers (see <see cref="PanelWidening"/>) and multiplied there, since a
/// single row waits for the memory and has no time to write widened weights and read them again. The sums are those of <see cref="MicroKernel"/>, bit for
/// bit: the same multiply-adds in the same order.
/// </summary>
internal static unsafe class CodeRowKernel
{
    private const int PairBytes = 2 * Panel.Columns;

    /// <summary>Whether the processor and the format allow it.</summary>
    /// <param name="table">From <see cref="Weights.WideningTables"/>.</param>
    public static bool IsUsable(ushort* table) => Avx512Vbmi.IsSupported && PanelWidening.IsSignUpperBit(table);

    /// <summary>Computes one tile of one row.</summary>
    /// <param name="left">[depth] values.</param>
    /// <param name="codes">[depth/2][32][2] codes.</param>
    /// <param name="tile">[32] sums.</param>
    /// <param name="depth">Values, even.</param>
    /// <param name="accumulate">0: the tile is overwritten; else added to.</param>
    /// <param name="table">From <see cref="Weights.WideningTables"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* left, byte* codes, float* tile, int depth, int accumulate, ushort* table)
    {
        byte* bytes = (byte*)(table + PanelWidening.Codes);
        Vector512<byte> lower0 = Vector512.Load(bytes), lower1 = Vector512.Load(bytes + 64);
        Vector512<byte> upper0 = Vector512.Load(bytes + 128), upper1 = Vector512.Load(bytes + 192);
        Vector512<byte> firstHalf = Vector512.Load(bytes + 256), secondHalf = Vector512.Load(bytes + 320);
        Vector512<byte> sign = Vector512.Create((byte)PanelWidening.SignBit);
        Vector512<uint> upperHalves = Vector512.Create(0xFFFF_0000u);
        Vector512<float> first = Vector512<float>.Zero, second = Vector512<float>.Zero;
        for (int step = 0; step < depth; step += 2)
        {
            Vector512<byte> code = Vector512.Load(codes);
            codes += PairBytes;
            Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(lower0, code, lower1);
            Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(upper0, code, upper1) | (code & sign);
            Vector512<uint> firstPairs = Avx512Vbmi.PermuteVar64x8x2(lower, firstHalf, upper).AsUInt32();
            Vector512<uint> secondPairs = Avx512Vbmi.PermuteVar64x8x2(lower, secondHalf, upper).AsUInt32();
            Vector512<float> x = Vector512.Create(left[step]);
            first = Vector512.MultiplyAddEstimate(x, Vector512.ShiftLeft(firstPairs, 16).AsSingle(), first);
            second = Vector512.MultiplyAddEstimate(x, Vector512.ShiftLeft(secondPairs, 16).AsSingle(), second);
            x = Vector512.Create(left[step + 1]);
            first = Vector512.MultiplyAddEstimate(x, (firstPairs & upperHalves).AsSingle(), first);
            second = Vector512.MultiplyAddEstimate(x, (secondPairs & upperHalves).AsSingle(), second);
        }

        if (accumulate != 0)
        {
            first = Vector512.Load(tile) + first;
            second = Vector512.Load(tile + Vector512<float>.Count) + second;
        }

        first.Store(tile);
        second.Store(tile + Vector512<float>.Count);
    }
}
