using System.Buffers.Binary;
using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Cpu.Weights;

/// <summary>Single stored weight values as fp32. Packing happens once at load; clarity goes before speed.</summary>
internal static class StoredElements
{
    /// <summary>Whether every value of the type is exactly a bf16: its exponents are among bf16's and it has at most 7 fraction bits.</summary>
    public static bool FitsBrain(DataType dataType) =>
        dataType is DataType.BFloat16 or DataType.Float8E4M3 or DataType.Float8E5M2;

    /// <summary>Whether weights may be stored so.</summary>
    public static bool IsSupported(DataType dataType) =>
        dataType is DataType.BFloat16 or DataType.Float8E4M3 or DataType.Float8E5M2 or DataType.Float16 or DataType.Float32 or DataType.Float64;

    /// <summary>One value as fp32.</summary>
    /// <param name="dataType">A supported type.</param>
    /// <param name="bytes">The tensor's bytes.</param>
    /// <param name="index">The element.</param>
    public static float Read(DataType dataType, ReadOnlySpan<byte> bytes, int index) => dataType switch
    {
        DataType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(index * 2, 2)) << 16),
        DataType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes.Slice(checked(index * 4), 4)),
        DataType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.Slice(index * 2, 2)),
        DataType.Float64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes.Slice(checked(index * 8), 8)),
        DataType.Float8E4M3 => FromFloat8E4M3(bytes[index]),
        DataType.Float8E5M2 => (float)BitConverter.UInt16BitsToHalf((ushort)(bytes[index] << 8)),
        _ => throw new NotSupportedException($"{dataType} is not a type of weights."),
    };

    /// <summary>e4m3fn: sign, 4 exponent bits with bias 7, 3 fraction bits; 0x7F and 0xFF are NaN, there is no infinity.</summary>
    private static float FromFloat8E4M3(byte value)
    {
        int exponent = (value >> 3) & 15;
        int fraction = value & 7;
        float magnitude = (exponent, fraction) switch
        {
            (15, 7) => float.NaN,
            (0, _) => fraction * (1f / 512f),
            _ => (8 + fraction) * MathF.ScaleB(1f, exponent - 10),
        };
        return (value & 0x80) == 0 ? magnitude : -magnitude;
    }
}
