using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>The bf16 of each of the 256 codes of an 8-bit format: all of them are exact.</summary>
internal static unsafe class WideningTables
{
    private const int Codes = 256;

    // Kept for the process: addresses of them are in the arguments of running products.
    private static readonly AlignedMemory Tables = Create();

    /// <summary>The table of a format, or null where values are multiplied as they are stored.</summary>
    public static ushort* For(PanelFormat format)
    {
        ushort* tables = (ushort*)Tables.Pointer;
        return format switch
        {
            PanelFormat.Float8E4M3Pairs => tables,
            PanelFormat.Float8E5M2Pairs => tables + Codes,
            PanelFormat.SignedBytePairs => tables + (2 * Codes),
            _ => null,
        };
    }

    private static AlignedMemory Create()
    {
        AlignedMemory memory = new(3 * Codes * sizeof(ushort), null);
        ushort* tables = (ushort*)memory.Pointer;
        Span<byte> code = stackalloc byte[1];
        Span<float> value = stackalloc float[1];
        for (int i = 0; i < Codes; i++)
        {
            code[0] = (byte)i;
            TensorConversion.ToFloat32(DataType.Float8E4M3, code, value);
            tables[i] = Upper(value[0]);
            TensorConversion.ToFloat32(DataType.Float8E5M2, code, value);
            tables[Codes + i] = Upper(value[0]);
            tables[(2 * Codes) + i] = Upper((sbyte)i);
        }

        return memory;
    }

    private static ushort Upper(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
