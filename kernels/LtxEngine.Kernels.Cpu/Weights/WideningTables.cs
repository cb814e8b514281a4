using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>
/// The bf16 of each of the 256 codes of an 8-bit format: all of them are exact. Each table is followed by 384 bytes for <see cref="PanelWidening"/>:
/// the lower bytes of the first 128 entries, their upper bytes, and the places of bytes 0 … 127 of a result whose lower and upper bytes stand in two
/// registers of 64.
/// </summary>
internal static unsafe class WideningTables
{
    private const int Codes = 256;

    // Behind the table of each format what one instruction looks up: see PanelWidening.
    private const int VectorBytes = 384;
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

    private static ushort Upper(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
