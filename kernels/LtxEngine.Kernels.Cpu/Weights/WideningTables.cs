using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>
/// The bf16 of each of the 256 codes of an 8-bit format: all of them are exact. Each table is followed by what <see cref="PanelWidening"/> looks up:
/// <list type="bullet">
/// <item>384 bytes for registers of 64: the lower bytes of the first 128 entries, their upper bytes, and the places of bytes 0 … 127 of a result whose
/// lower and upper bytes stand in two registers.</item>
/// <item>Seven tables of 16 bytes. A code has a lower and an upper half of 4 bits. Of a normal number lower byte = A[lower half] and upper byte =
/// C[upper half] + B[lower half]: the exponent is the one of the code plus a constant, and a carry into the upper byte comes from the lower half
/// alone. D and E are by which bits lower and upper bytes of the magnitudes 0 … 15 differ from that, F and G those of the magnitudes 112 … 127.</item>
/// </list>
/// </summary>
internal static unsafe class WideningTables
{
    /// <summary>Where the tables of 16 bytes begin behind the 256 entries.</summary>
    public const int HalvesOffset = 384;

    private const int Codes = 256;

    // Whole registers, for the alignment of the next format's.
    private const int VectorBytes = 512;
    private const int FormatBytes = (Codes * sizeof(ushort)) + VectorBytes;

    // Kept for the process: addresses of them are in the arguments of running products.
    private static readonly AlignedMemory Tables = Create();

    /// <summary>The table of a format, or null where values are multiplied as they are stored.</summary>
    public static ushort* For(PanelFormat format)
    {
        byte* tables = Tables.Pointer;
        return format switch
        {
            PanelFormat.Float8E4M3Pairs => (ushort*)tables,
            PanelFormat.Float8E5M2Pairs => (ushort*)(tables + FormatBytes),
            PanelFormat.SignedBytePairs => (ushort*)(tables + (2 * FormatBytes)),
            _ => null,
        };
    }

    private static AlignedMemory Create()
    {
        AlignedMemory memory = new(3 * FormatBytes, null);
        ushort* e4m3 = (ushort*)memory.Pointer;
        ushort* e5m2 = (ushort*)(memory.Pointer + FormatBytes);
        ushort* signed = (ushort*)(memory.Pointer + (2 * FormatBytes));
        Span<byte> code = stackalloc byte[1];
        Span<float> value = stackalloc float[1];
        for (int i = 0; i < Codes; i++)
        {
            code[0] = (byte)i;
            TensorConversion.ToFloat32(DataType.Float8E4M3, code, value);
            e4m3[i] = Upper(value[0]);
            TensorConversion.ToFloat32(DataType.Float8E5M2, code, value);
            e5m2[i] = Upper(value[0]);
            signed[i] = Upper((sbyte)i);
        }

        AddVectors(e4m3);
        AddVectors(e5m2);
        AddVectors(signed);
        AddHalves(e4m3);
        AddHalves(e5m2);
        return memory;
    }

    private static void AddVectors(ushort* table)
    {
        byte* bytes = (byte*)(table + Codes);
        for (int i = 0; i < 128; i++)
        {
            bytes[i] = (byte)table[i];
            bytes[128 + i] = (byte)(table[i] >> 8);
            bytes[256 + i] = (byte)((i / 2) + (i % 2 * 64));
        }
    }

    /// <summary>The tables by half codes, of a format whose codes have a sign bit.</summary>
    private static void AddHalves(ushort* table)
    {
        // Normal numbers, whose lower half is 0 in the first; from one upper half to the next the upper byte grows by the same step.
        const int normal = 0x20;
        int step = (table[normal + 16] >> 8) - (table[normal] >> 8);
        byte* tables = (byte*)(table + Codes) + HalvesOffset;
        for (int i = 0; i < 16; i++)
        {
            tables[i] = (byte)table[normal + i];
            tables[16 + i] = (byte)((table[normal + i] >> 8) - (table[normal] >> 8));
            tables[32 + i] = (byte)((table[normal] >> 8) + (step * ((i % 8) - 2)) + (i / 8 * PanelWidening.SignBit));
        }

        for (int i = 0; i < 16; i++)
        {
            Correct(i, tables + 48 + i);
            Correct((7 * 16) + i, tables + 80 + i);
        }

        void Correct(int code, byte* place)
        {
            place[0] = (byte)(table[code] ^ tables[code % 16]);
            place[16] = (byte)((table[code] >> 8) ^ (byte)(tables[32 + (code / 16)] + tables[16 + (code % 16)]));
        }
    }

    private static ushort Upper(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
