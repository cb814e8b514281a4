using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels.Cpu.Weights;

namespace LtxEngine.Kernels.Cpu.Products;

/// <summary>Turns panels of 8-bit pairs into panels of bf16 pairs, value by value in the same order.</summary>
internal static unsafe class PanelWidening
{
    /// <summary>The bit of a code that is its sign.</summary>
    public const int SignBit = 0x80;

    /// <summary>Codes of a format.</summary>
    public const int Codes = 256;

    private const int VectorBytes = 64;

    // Bytes ahead of the current position at which codes are asked for.
    private const int PrefetchDistance = 1024;

    /// <summary>Whether the sign bit of a code becomes the sign bit of its value and changes nothing else, as in fp8 but not in signed integers.</summary>
    /// <param name="table">From <see cref="WideningTables"/>.</param>
    public static bool IsSignUpperBit(ushort* table) => table[SignBit | 1] == (table[1] | 0x8000);

    /// <summary>Widens values.</summary>
    /// <param name="codes">8-bit values.</param>
    /// <param name="count">How many.</param>
    /// <param name="table">From <see cref="WideningTables"/>.</param>
    /// <param name="values">Receives bf16 values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* codes, long count, ushort* table, ushort* values)
    {
        long i = 0;
        if (Avx2.IsSupported && IsSignUpperBit(table))
        {
            i = count / VectorBytes * VectorBytes;
            if (Avx512Vbmi.IsSupported)
            {
                LookUp(codes, i, table, values);
            }
            else
            {
                LookUpHalves(codes, i, (byte*)(table + Codes) + WideningTables.HalvesOffset, values);
            }
        }

        for (; i < count; i++)
        {
            values[i] = table[codes[i]];
        }
    }

    /// <summary>
    /// 64 codes at a time: the table of the 128 magnitudes fits two registers for the lower and two for the upper bytes of the results, one
    /// instruction looks up 64 of 128 bytes and ignores the sign bit of its indices. Then lower and upper bytes are laid side by side, where the second
    /// operand's bytes count from 64.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LookUp(byte* codes, long count, ushort* table, ushort* values)
    {
        byte* bytes = (byte*)(table + Codes);
        Vector512<byte> lower0 = Vector512.Load(bytes), lower1 = Vector512.Load(bytes + 64);
        Vector512<byte> upper0 = Vector512.Load(bytes + 128), upper1 = Vector512.Load(bytes + 192);
        Vector512<byte> firstHalf = Vector512.Load(bytes + 256), secondHalf = Vector512.Load(bytes + 320);
        Vector512<byte> sign = Vector512.Create((byte)SignBit);
        for (long i = 0; i < count; i += VectorBytes)
        {
            Sse.Prefetch0(codes + i + PrefetchDistance);
            Vector512<byte> code = Vector512.Load(codes + i);
            Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(lower0, code, lower1);
            Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(upper0, code, upper1) | (code & sign);
            Avx512Vbmi.PermuteVar64x8x2(lower, firstHalf, upper).Store((byte*)(values + i));
            Avx512Vbmi.PermuteVar64x8x2(lower, secondHalf, upper).Store((byte*)(values + i) + VectorBytes);
        }
    }

    /// <summary>
    /// 32 codes at a time, where one instruction looks up 16 bytes only and gives 0 for indices with their upper bit set: the bytes of a normal number are found
    /// by the halves of its code, and what the sixteen least magnitudes (subnormal numbers) and the sixteen greatest (NaN, infinity) differ from that by is
    /// looked up and put right; for all other codes those indices have their upper bit set. See <see cref="WideningTables"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LookUpHalves(byte* codes, long count, byte* tables, ushort* values)
    {
        Vector256<byte> lowerByLower = Table(tables, 0), upperByLower = Table(tables, 1), upperByUpper = Table(tables, 2);
        Vector256<byte> lowerOfLeast = Table(tables, 3), upperOfLeast = Table(tables, 4);
        Vector256<byte> lowerOfGreatest = Table(tables, 5), upperOfGreatest = Table(tables, 6);
        Vector256<byte> half = Vector256.Create((byte)0x0F), magnitudes = Vector256.Create((byte)0x7F), greatest = Vector256.Create((byte)0x70);
        for (long i = 0; i < count; i += Vector256<byte>.Count)
        {
            Sse.Prefetch0(codes + i + PrefetchDistance);

            // The instructions that lay bytes side by side work within 16 bytes: the middle quarters change places before.
            Vector256<byte> code = Avx2.Permute4x64(Vector256.Load(codes + i).AsUInt64(), 0b11_01_10_00).AsByte();
            Vector256<byte> lowerHalf = code & half;
            Vector256<byte> upperHalf = Vector256.ShiftRightLogical(code.AsUInt16(), 4).AsByte() & half;
            Vector256<byte> magnitude = code & magnitudes;
            Vector256<byte> least = magnitude + greatest;
            Vector256<byte> most = magnitude - greatest;
            Vector256<byte> lower = Avx2.Shuffle(lowerByLower, lowerHalf) ^ Avx2.Shuffle(lowerOfLeast, least) ^ Avx2.Shuffle(lowerOfGreatest, most);
            Vector256<byte> upper = Avx2.Shuffle(upperByUpper, upperHalf) + Avx2.Shuffle(upperByLower, lowerHalf);
            upper = upper ^ Avx2.Shuffle(upperOfLeast, least) ^ Avx2.Shuffle(upperOfGreatest, most);
            Avx2.UnpackLow(lower, upper).Store((byte*)(values + i));
            Avx2.UnpackHigh(lower, upper).Store((byte*)(values + i) + Vector256<byte>.Count);
        }
    }

    private static Vector256<byte> Table(byte* tables, int index) => Vector256.Create(Vector128.Load(tables + (index * Vector128<byte>.Count)));
}
